# SPDX-License-Identifier: GPL-2.0-or-later
"""Faults to plant: each a mistake that a person could make, one at a time.

A row: name, file, the text as it stands there exactly once, the text with the fault, what it does.
"""

L2, L3, GW, SHARE = "src/core/l2/", "src/core/l3/", "src/core/gw/", "src/core/share/"

MUTATIONS = [
    (
        "window-newest",
        L2 + "window.h",
        "return age >= 0 && age < WINDOW_BITS && (bits >> age & 1);",
        "return age > 0 && age < WINDOW_BITS && (bits >> age & 1);",
        "the newest number of all is heard again and again",
    ),
    (
        "window-shift",
        L2 + "window.h",
        "return d < WINDOW_BITS ? bits << d : 0;",
        "return d < WINDOW_BITS ? bits << (d - 1) : 0;",
        "what was heard lies a place too low",
    ),
    (
        "window-restart",
        L2 + "window.h",
        "return d <= -WINDOW_BITS || d >= WINDOW_RESTART;",
        "return d >= WINDOW_RESTART;",
        "a node that starts anew is not heard until its numbers are higher than before",
    ),
    (
        "tt-flag-lost",
        L2 + "tt_local.c",
        "flags |= TT_CLIENT_DEL;",
        ";",
        "a client that went is announced as if it came",
    ),
    (
        "tt-roam-lost",
        L2 + "tt_roam.c",
        "advertise(l2, h->originator, mac, vid, fx);",
        ";",
        "nobody is told that a client has come from him",
    ),
    (
        "tt-crc-flags",
        L2 + "tt_vlan.c",
        "(uint8_t)vid, flags & TT_CLIENT_SYNC_MASK};",
        "(uint8_t)vid, flags};",
        "flags that stay at home count in the sum over all clients",
    ),
    (
        "ttvn-ignored",
        L2 + "tt_sync.c",
        "bool full = (tt->flags & TT_FULL) || tt->ttvn != t->ttvn || t->last_count == 0;",
        "bool full = (tt->flags & TT_FULL) || t->last_count == 0;",
        "who asks for another version of the table gets the newest changes only",
    ),
    (
        "feasibility",
        L3 + "l3_route.c",
        "if (!is_above(&n->route.floor, c->desc_sqn, c->sqn, kept_path_metric(&c->path)))",
        "if (0)",
        "a way is taken that may lead back",
    ),
    (
        "number-back",
        L3 + "content.c",
        "(n->description && sqn <= n->description->version.desc_sqn))",
        "(n->description && sqn == n->description->version.desc_sqn))",
        "an older description takes the place of a newer one",
    ),
    (
        "withdrawal-ignored",
        L3 + "claim.c",
        "if (!newer && (sqn < c->sqn || (int16_t)(uint16_t)(batch - c->batch) <= 0))",
        "if (!newer)",
        "what a neighbour takes back within a number is not heard",
    ),
    (
        "late-forever",
        L3 + "l3_route.c",
        "if (newer && (same || !span_less(age, span_ms(m->late_100ms * 100)))) /* D, C */",
        "if (newer && same) /* D, C */",
        "a newer number over another link is never followed",
    ),
    (
        "hysteresis",
        GW + "choice.c",
        "due = instant_add(r->better_since, span_s(GW_BETTER_S));",
        "due = r->held_until = now;",
        "whatever gateway is a little better is taken at once",
    ),
    (
        "liar-believed",
        GW + "proof.c",
        "judge(p, now, v6, one, GW_BAD, env);",
        ";",
        "a gateway that answers nothing is not judged",
    ),
    (
        "slice-kept",
        SHARE + "leases_slice.c",
        "if (s->ours && (!same_pool(l, t) || slice_prefers(i, t->holder.mac, l->conf.self))) {",
        "if (s->ours && !same_pool(l, t)) {",
        "two nodes give addresses from one slice",
    ),
    (
        "lease-older",
        SHARE + "leases_address.c",
        "return a->since_unix_s < b->since_unix_s;",
        "return mac_compare(a->mac, b->mac) > 0 && a->since_unix_s > b->since_unix_s;",
        "of two that have one address none loses it",
    ),
    (
        "pin-older",
        SHARE + "pins.c",
        "return (int32_t)(a - b) > 0;",
        "return (int32_t)(a - b) < 0;",
        "the older word on a client's gateway counts",
    ),
    (
        "tunnels-kept",
        "src/node/tunnels.c",
        "	outs_expire(t);\n",
        "",
        "tunnels that nobody uses stay",
    ),
]
