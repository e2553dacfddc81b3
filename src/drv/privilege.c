/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/privilege.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int privilege_drop(bool bpf)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	const uint32_t keep = 1u << CAP_NET_ADMIN | 1u << CAP_NET_RAW | 1u << CAP_NET_BIND_SERVICE |
			      1u << CAP_SETUID | 1u << CAP_SETGID | 1u << CAP_KILL;

	if (syscall(SYS_capget, &head, data))
		return -errno;
	data[0].permitted &= keep;
	data[0].effective = data[0].permitted;
	data[0].inheritable = 0;
	/* Before Linux 5.19 writing a table needs it. */
	data[1].permitted &= bpf ? CAP_TO_MASK(CAP_BPF) : 0;
	data[1].effective = data[1].permitted;
	data[1].inheritable = 0;
	/* Before: what we start may not gain anything by its file's mode. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return syscall(SYS_capset, &head, data) ? -errno : 0;
}
