# Runs a program in a terminal of its own: in-terminal.py <columns> <rows> <program> [arguments]
# What the program shows goes to stdout, and stdin is typed into the terminal, which closes when stdin ends.
# A line `\x1b[8;<rows>;<columns>t` in stdin gives it another size. Exits as the program does, with 128 + n after a signal.

import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios

columns, rows = int(sys.argv[1]), int(sys.argv[2])


def resize(fd, columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))


pid, terminal = pty.fork()
if pid == 0:
    resize(0, columns, rows)
    os.execvp(sys.argv[3], sys.argv[3:])

watched = [terminal, 0]
while terminal in watched:
    for fd in select.select(watched, [], [])[0]:
        try:
            data = os.read(fd, 65536)
        except OSError:
            data = b''
        if fd == terminal:
            if not data:
                watched.remove(terminal)
            os.write(1, data)
        elif not data:
            os.close(terminal)
            watched.clear()
            break
        else:
            asked = re.fullmatch(rb'\x1b\[8;(\d+);(\d+)t', data)
            if asked:
                resize(terminal, int(asked[2]), int(asked[1]))
            else:
                os.write(terminal, data)

status = os.waitpid(pid, 0)[1]
sys.exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
