/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/uplink.h"

const char *uplink_means_name(enum uplink_means m)
{
	switch (m) {
	case UPLINK_PING: return "ping";
	case UPLINK_TCP: return "tcp";
	case UPLINK_DNS: return "dns";
	case UPLINK_WEB: return "web";
	}
	return "?";
}

const char *uplink_state_name(enum uplink_state s)
{
	switch (s) {
	case UPLINK_AWAY: return "away";
	case UPLINK_TESTING: return "testing";
	case UPLINK_WORKS: return "works";
	case UPLINK_FAILED: return "failed";
	}
	return "?";
}

const char *uplink_fault_name(enum uplink_fault f)
{
	switch (f) {
	case UPLINK_FINE: return "";
	case UPLINK_SILENT: return "silent";
	case UPLINK_NO_DNS: return "no-dns";
	case UPLINK_PORTAL: return "portal";
	}
	return "?";
}
