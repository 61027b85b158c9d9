"""The code that runs on the board, as text: MicroPython of any port from 1.21, few bytes, little heap.

Nothing here needs more than a block of memory at a time. Each text is run by the raw REPL of the board.
"""

from __future__ import annotations

# An application of ours that was interrupted is recognised by its modules. The RP2040's watchdog cannot be stopped once it
# was started, and survives a soft reset: its enable bit (data sheet, 4.7.6, CTRL bit 30) tells. Only names and sizes: which
# files are worth a hash is known here, and all of it is over long before a watchdog of 8 s would end it. Sizes come from the
# listing: on littlefs each look-up of a path costs milliseconds. A littlefs that an open file filled up counts more blocks
# than it has; the number of free ones, below zero then, is told as four billion.
SURVEY = """
import sys,os,machine,binascii
def _l(d):
 for e in os.ilistdir(d):
  p=d+'/'+e[0] if d else e[0]
  if e[1]&0x4000:print(repr((p,-1)));_l(p)
  else:print(repr((p,e[3] if len(e)>3 else os.stat(p)[6])))
def _i():
 i=sys.implementation;v=os.statvfs('/');a=0
 try:
  import rp2
  a=machine.mem32[0x40058000]>>30&1
 except (ImportError,AttributeError):pass
 try:
  with open('build_info.py') as f:t=f.read(2000)
 except (OSError,UnicodeError):t=''
 u=getattr(machine,'unique_id',None)
 d={'version':tuple(i[1][:3]),'machine':getattr(i,'_machine',''),'mpy':getattr(i,'_mpy',0),'build':getattr(i,'_build','')}
 d['serial']=binascii.hexlify(u()).decode() if u else ''
 d['block']=v[0];d['free']=v[0]*v[3]if v[3]<=v[2]else 0;d['info']=t
 d['running']='core.controller' in sys.modules;d['armed']=bool(a)
 print(repr(d))
_i();_l('')
"""

HASHES = """
import hashlib,binascii
def _h(P):
 b=bytearray(2048);m=memoryview(b)
 for p in P:
  s=hashlib.sha256();f=open(p,'rb')
  while 1:
   n=f.readinto(b)
   if not n:break
   s.update(m[:n])
  f.close();print(binascii.hexlify(s.digest()).decode())
"""
HASHES_OF = "_h({paths!r})"

# `F` is ((path, ((bytes, spoiled), ...)), ...). Bytes come as they are, but for Ctrl-C, which must interrupt the board whatever
# it does (so that a run that was cut off is resumed by the next one), and carriage return, which a port may translate: where
# those two were is told behind each block. See `transfer.blocks_of`. Each block is acknowledged. After an error the rest is
# still taken: else the prompt would read it as code. In the end the hashes of the files are printed, read back from the flash:
# littlefs may keep a file of up to 1022 bytes (its LFS_ATTR_MAX) in memory until it is closed; of a longer one flush() writes
# everything and forgets it. To open a file again costs 3 ms.
RECEIVE = """
import sys,hashlib,binascii
def _g(F):
 s=sys.stdin.buffer;b=bytearray(max([n+2*k for p,z in F for n,k in z]+[512]));m=memoryview(b);e=f=None;H=[]
 for p,z in F:
  t=0
  if e is None:
   try:f=open(p,'w+b')
   except OSError as x:e=OSError(x.errno,p)
  for n,k in z:
   i=0;j=n+2*k;t+=n
   while i<j:i+=s.readinto(m[i:j])
   for i in range(n,j,2):b[(b[i]-16<<6)+b[i+1]-16]^=1
   if e is None:
    try:f.write(m[:n])
    except OSError as x:e=OSError(x.errno,p)
   sys.stdout.write('k')
  if f:
   try:
    if e is None:
     if t>1022:f.flush();f.seek(0)
     else:f.close();f=open(p,'rb')
     h=hashlib.sha256();n=1
     while n:n=f.readinto(b);h.update(m[:n])
     H.append(binascii.hexlify(h.digest()).decode())
    f.close()
   except OSError as x:e=e or OSError(x.errno,p)
   f=None
 if e:raise e
 for h in H:print(h)
"""
RECEIVE_SOME = "_g({files!r})"

MAKE_FOLDERS = """
import os
for p in {folders!r}:
 try:os.mkdir(p)
 except OSError as e:
  if e.errno!=17:raise
"""

REMOVE = """
import os
for p in {files!r}:
 try:os.remove(p)
 except OSError as e:
  if e.errno!=2:raise
for p in {folders!r}:
 try:os.rmdir(p)
 except OSError:pass
"""

RENAME = "import os\nfor o,n in {names!r}:os.rename(o,n)"

HAS_STARTER = "import os\nprint('main.py' in os.listdir(''))"

RESET = "import machine\nmachine.reset()"
