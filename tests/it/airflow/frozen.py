#!/usr/bin/env python3
"""`regua`, which stops as soon as it works in its first two tries: only a signal ends those."""

import os
import signal
import subprocess
import sys
from pathlib import Path

REGUA = os.environ["REGUA_REAL"]


def frozen() -> int:
    """Thawed by the signal that its process group gets, it says its last words."""
    regua = subprocess.Popen([REGUA, *sys.argv[1:]], stderr=subprocess.PIPE)
    signal.signal(signal.SIGTERM, lambda *_: regua.send_signal(signal.SIGCONT))
    was_frozen = False
    for words in regua.stderr:
        if b'"stage"' in words and not was_frozen:
            regua.send_signal(signal.SIGSTOP)
            was_frozen = True
        sys.stderr.buffer.write(words)
        sys.stderr.flush()
    return regua.wait()


tries = Path(os.environ["REGUA_HOME"], "tries")
count = len(tries.read_text()) if tries.exists() else 0
tries.write_text("x" * (count + 1))
sys.exit(frozen() if count < 2 else subprocess.call([REGUA, *sys.argv[1:]]))
