#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a command under another kernel: Debian's, in a virtual machine that sees this one's files.

    tests/vm/machine.py [--time SECONDS] [--memory MIB] [--out FOLDER] COMMAND [ARGUMENT ...]

The machine's root is ours, read-only below a file system in memory: programs run as they are, in the
same folder and environment, and nothing that they write stays, except in the folder that
$NUVOL_OUT names there (--out copies it). The status is the command's; 124: it took too
long; 125: no machine. Needs Debian's linux-image-amd64 and qemu-system-x86. Without --kvm every
instruction is imitated: ten times slower, and everywhere the same.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
# For the root, then what tests need of the network; the kernel's build has them as modules.
MODULES = """virtio_pci 9pnet_virtio 9p overlay veth bridge tun dummy macvlan 8021q batman-adv ip6_tunnel
    ip6_vti nf_tables nft_chain_nat nft_compat nft_ct nft_limit nft_log nft_masq nft_meta_bridge nft_nat nft_redir
    nft_reject_bridge nft_reject_inet nfnetlink_log sch_ingress sch_clsact sch_netem sch_fq_codel cls_bpf act_bpf
    af_packet vrf""".split()
PROGRAMS = "sh mount mkdir insmod switch_root echo cat".split()
# Without what costs most to imitate.
CPU = "qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt,+cx16,+rdrand"
QEMU = "qemu-system-x86_64"
NO_MACHINE, TOO_LONG = 125, 124


def kernel():
    """The newest of Debian's, by version; None: there is none."""
    found = [path.name.removeprefix("vmlinuz-") for path in Path("/boot").glob("vmlinuz-*-amd64")]
    order = sorted(found, key=lambda name: [int(n) for n in name.replace("-", ".").split(".")
                                            if n.isdigit()])
    return order[-1] if order else None


def available():
    """Why there can be no machine here, or None."""
    if not kernel():
        return "no kernel of Debian's in /boot (package linux-image-amd64)"
    for program in (QEMU, "/usr/bin/busybox", "cpio"):
        if not shutil.which(program):
            return f"{program} is missing (packages qemu-system-x86, busybox-static, cpio)"
    return None


def modules_of(version):
    """Files of all modules that are wanted, what they need before them."""
    order = []
    for name in MODULES:
        done = subprocess.run(
            ["modprobe", "-S", version, "--ignore-install", "--show-depends", name],
            capture_output=True, text=True, check=False,
        )
        files = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("insmod")]
        order += [file for file in files if file not in order]
    return order


def make_initrd(folder, version):
    root = folder / "initrd"
    for name in ("bin", "dev", "proc", "modules"):
        (root / name).mkdir(parents=True)
    shutil.copy("/usr/bin/busybox", root / "bin/busybox")
    for name in PROGRAMS:
        (root / "bin" / name).symlink_to("busybox")
    shutil.copy(HERE / "guest-init", root / "init")
    (root / "init").chmod(0o755)
    files = modules_of(version)
    for file in files:
        shutil.copy(file, root / "modules")
    (root / "modules/order").write_text("".join(f"{Path(file).name}\n" for file in files))
    names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    with open(folder / "initrd.cpio", "wb") as out:
        subprocess.run(["cpio", "--quiet", "-o", "-H", "newc"], cwd=root, input=names.encode(),
                       stdout=out, check=True)


def write_session(mail, command):
    kept = {k: v for k, v in os.environ.items() if k.startswith(("NUVOL_", "PYTHON", "LC_"))}
    kept |= {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "NUVOL_OUT": "/mnt/mail/out"}
    lines = [f"export {name}={shlex.quote(value)}" for name, value in kept.items()]
    lines += [
        "hostname machine; ip link set lo up",
        "stty -F /dev/ttyS1 raw",
        f"cd {shlex.quote(os.getcwd())}",
        f"{shlex.join(command)} >/dev/ttyS1 2>&1 </dev/null",
        "echo $? >/mnt/mail/status; sync; echo o >/proc/sysrq-trigger; sleep 60",
    ]
    (mail / "session").write_text("\n".join(lines) + "\n")


def qemu(folder, version, memory_mib, cpus, kvm):
    mode = ["-accel", "kvm", "-cpu", "host"] if kvm else ["-accel", "tcg", "-cpu", CPU]
    return [
        QEMU, "-M", "pc", *mode, "-smp", str(cpus), "-m", str(memory_mib),
        "-nodefaults", "-no-user-config", "-nographic", "-no-reboot", "-monitor", "none",
        "-serial", f"file:{folder}/console", "-serial", "stdio",
        "-kernel", f"/boot/vmlinuz-{version}", "-initrd", folder / "initrd.cpio",
        "-append", "console=ttyS0 quiet no_timer_check tsc=reliable cryptomgr.notests panic=1 reboot=t mitigations=off selinux=0 apparmor=0",
        "-fsdev", "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap",
        "-device", "virtio-9p-pci,fsdev=host,mount_tag=host",
        "-fsdev", f"local,id=mail,path={folder}/mail,security_model=none",
        "-device", "virtio-9p-pci,fsdev=mail,mount_tag=mail", "-device", "virtio-rng-pci",
    ]  # fmt: skip


def run(command, time_s=600, memory_mib=1024, cpus=2, kvm=False, out=None, output=None):
    """Runs it; output: where what it prints goes (None: to ours). Its exit status."""
    version = kernel()
    with tempfile.TemporaryDirectory(prefix="nuvol-vm-") as name:
        folder = Path(name)
        mail = folder / "mail"
        (mail / "out").mkdir(parents=True)
        make_initrd(folder, version)
        write_session(mail, [str(word) for word in command])
        process = subprocess.Popen(qemu(folder, version, memory_mib, cpus, kvm),
                                   stdin=subprocess.DEVNULL, stdout=output)
        try:
            process.wait(time_s)
        except subprocess.TimeoutExpired:
            print((folder / "console").read_text(errors="replace")[-2000:], file=sys.stderr)
            return TOO_LONG
        finally:
            process.kill()
            process.wait()
        if out:
            shutil.copytree(mail / "out", out, dirs_exist_ok=True)
        if not (mail / "status").exists():
            print((folder / "console").read_text(errors="replace")[-2000:], file=sys.stderr)
            return NO_MACHINE
        return int((mail / "status").read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--time", type=int, default=600, metavar="SECONDS")
    parser.add_argument("--memory", type=int, default=1024, metavar="MIB")
    parser.add_argument("--kvm", action="store_true", help="by /dev/kvm, where that works")
    parser.add_argument("--out", metavar="FOLDER")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    reason = available() or (None if arguments.command else "no command; --help shows how")
    if reason:
        print(f"machine.py: {reason}", file=sys.stderr)
        return NO_MACHINE
    return run(arguments.command, arguments.time, arguments.memory,
               kvm=arguments.kvm, out=arguments.out)


if __name__ == "__main__":
    sys.exit(main())
