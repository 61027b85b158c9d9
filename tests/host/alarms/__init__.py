"""Alarm management: pure parts by themselves, then the book, its files, and commands beside a running host."""
