"""Kernel batman-adv nodes in user-mode Linux, as plain processes in a network namespace."""

import ctypes
import itertools
import os
import shutil
import signal
import struct
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
MEMORY = "64M"


def has_amx():
    """Linux 6.1's user mode cannot hold the registers of processors with AMX, and dies."""
    return " amx_tile" in Path("/proc/cpuinfo").read_text()


# The C library of programs in a guest that cannot save AVX registers is not to use them.
NO_AVX = "GLIBC_TUNABLES=glibc.cpu.hwcaps=" + ",".join(
    f"-{name}" for name in ("AVX", "AVX2", "AVX2_Usable", "AVX512F", "AVX512VL", "AVX512BW",
                            "AVX512DQ", "AVX512CD", "AVX_Fast_Unaligned_Load", "Prefer_No_VZEROUPPER")
)


def hide_xstate():
    """In a guest's process before it starts: ptrace(2) knows no register sets (PTRACE_GETREGSET,
    PTRACE_SETREGSET), so that the guest saves registers the old way, SSE's at most."""
    load, equal, answer = 0x20, 0x15, 0x06
    allow, refuse_eio = 0x7FFF0000, 0x00050005
    filters = [
        (load, 0, 0, 0), (equal, 0, 4, 101),  # the system call: ptrace on x86-64
        (load, 0, 0, 16), (equal, 1, 0, 0x4204), (equal, 0, 1, 0x4205),  # its first argument
        (answer, 0, 0, refuse_eio), (answer, 0, 0, allow),
    ]  # fmt: skip
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *f) for f in filters))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(filters), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(22, 2, program, 0, 0) != 0:  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
        raise OSError(ctypes.get_errno(), "seccomp")


def available():
    """Why the guests cannot run here, or None."""
    if not shutil.which("linux.uml"):
        return "linux.uml is missing (Debian: user-mode-linux)"
    if not shutil.which("batctl"):
        return "batctl is missing"
    return None


class Guest:
    """One guest: boot, run commands in it, halt."""

    ids = itertools.count()

    def __init__(self, name, namespace, folder, interfaces):
        """interfaces: (tap, mac, mtu) in order; the guest calls them vec0, vec1, ..."""
        self.name = name
        self.mail = Path(folder) / name
        self.mail.mkdir(parents=True)
        os.mkfifo(self.mail / "in")
        self.console = self.mail / "console"
        vectors = [
            f"vec{i}:transport=tap,ifname={tap},mac={mac},mtu={mtu}"
            for i, (tap, mac, mtu) in enumerate(interfaces)
        ]
        command = [
            "ip", "netns", "exec", namespace, "linux.uml", f"mem={MEMORY}", "rootfstype=hostfs",
            "ro", f"init={HERE / 'guest-init'}", "quiet", f"node={name}", f"ctl={folder}",
            f"umid={os.path.basename(folder)}-{name}", f"uml_dir={folder}", *vectors, "con=null",
            "con0=fd:0,fd:1",
        ]
        if has_amx():
            command.append(NO_AVX)  # becomes part of init's environment
        fifo = os.open(self.mail / "in", os.O_RDWR)
        with open(self.console, "wb") as out:
            self.process = subprocess.Popen(
                command, cwd="/", stdin=fifo, stdout=out, stderr=out, start_new_session=True,
                env={**os.environ, "TMPDIR": str(folder)},
                preexec_fn=hide_xstate if has_amx() else None,
            )
        self.fifo = fifo

    def wait_ready(self, deadline):
        while b"GUEST-READY" not in self.console.read_bytes():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(f"{self.name} did not boot: {self.console.read_text()[-500:]}")
            time.sleep(0.05)

    def run(self, command, timeout=30, check=True):
        job = f"j{next(self.ids)}"
        (self.mail / f"{job}.cmd").write_text(command + "\n")
        os.write(self.fifo, f"{job}\n".encode())
        code = self.mail / f"{job}.rc"
        end = time.monotonic() + timeout
        while not code.exists():
            if time.monotonic() > end:
                raise TimeoutError(f"{self.name}: {command}")
            time.sleep(0.01)
        output = (self.mail / f"{job}.out").read_text()
        if check and int(code.read_text()) != 0:
            raise RuntimeError(f"{self.name}: {command}: {output}")
        return output

    def halt(self):
        """Ends the guest and every process of it (they are one session of ours)."""
        try:
            os.write(self.fifo, b"halt\n")
            self.process.wait(timeout=3)
        except (subprocess.TimeoutExpired, OSError):
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        os.close(self.fifo)
