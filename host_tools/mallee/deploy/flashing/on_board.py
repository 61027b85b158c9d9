"""The code that runs on the board, as text: MicroPython of any port from 1.21, few bytes, little heap.

Nothing here needs more than a block of memory at a time. Each text is run by the raw REPL of the board.
"""

from __future__ import annotations

# An application of ours that was interrupted is recognised by its modules. The RP2040's watchdog cannot be stopped once it
# was started, and survives a soft reset: its enable bit (data sheet, 4.7.6, CTRL bit 30) tells. `W` is path -> size of what is
# wanted: only a file with that size is worth a hash, so that this is done long before a watchdog of 8 s would end it. Sizes
# come from the listing: on littlefs each look-up of a path costs milliseconds.
SURVEY = """
import sys,os,machine,hashlib,binascii
def _h(p):
 s=hashlib.sha256();b=bytearray(1024);m=memoryview(b)
 with open(p,'rb') as f:
  while 1:
   n=f.readinto(b)
   if not n:break
   s.update(m[:n])
 return binascii.hexlify(s.digest()).decode()
def _l(d,W):
 for e in os.ilistdir(d):
  p=d+'/'+e[0] if d else e[0]
  if e[1]&0x4000:
   print(repr((p,-1,'')));_l(p,W)
  else:
   n=e[3] if len(e)>3 else os.stat(p)[6];print(repr((p,n,_h(p) if W.get(p)==n else '')))
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
 d['block']=v[0];d['free']=v[0]*v[3];d['info']=t
 d['running']='core.controller' in sys.modules;d['armed']=bool(a)
 print(repr(d))
_i()
"""

# Bytes come as they are, but for Ctrl-C, which must interrupt the board whatever it does (so that a run that was cut off is
# resumed by the next one), and carriage return, which a port may translate. See `transfer.escaped`. After an error the rest
# is still taken: else the prompt would read it as code. Each block is acknowledged.
RECEIVE = """
import sys,os
def _g(p,z):
 b=bytearray(max(z)if z else 1);m=memoryview(b);s=sys.stdin.buffer;e=None
 try:f=open(p,'wb')
 except OSError as x:f=None;e=x
 for n in z:
  i=0
  while i<n:i+=s.readinto(m[i:n])
  if e is None:
   try:f.write(bytes(m[:n]).replace(b'\\xdb\\xdc',b'\\x03').replace(b'\\xdb\\xde',b'\\r').replace(b'\\xdb\\xdd',b'\\xdb'))
   except OSError as x:e=x
  sys.stdout.write('k')
 if f:
  try:f.close()
  except OSError as x:e=e or x
 if e:raise e
"""

RECEIVE_ONE = "_g({path!r},{sizes!r})"

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

RENAME = "import os\nos.rename({old!r},{new!r})"

HAS_STARTER = "import os\nprint('main.py' in os.listdir(''))"

RESET = "import machine\nmachine.reset()"
