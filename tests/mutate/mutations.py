# SPDX-License-Identifier: GPL-2.0-or-later
"""Faults to plant: each a mistake that a person could make, one at a time.

A row: name, file, the text as it stands there exactly once, the text with the fault, what it does.
What another mechanism makes up for is no row: docs/decisions.md tells which those are.
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
        "feasibility",
        L3 + "l3_route.c",
        "if (!is_above(&n->route.floor, c->desc_sqn, c->sqn, kept_path_metric(&c->path)))",
        "if (0)",
        "a way is taken that may lead back",
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
    (
        "broadcast-window",
        L2 + "flood.c",
        "enum err e = flood_window_mark(&o->bcast, now, b->seqno);",
        "enum err e = OK;",
        "a broadcast is not known by its number any more",
    ),
    (
        "anycast-leaves",
        L2 + "keep.c",
        "if (keep_is_anycast(a, e->src) || keep_is_anycast(a, e->dst))",
        "if (keep_is_anycast(a, e->src))",
        "what clients send to the anycast gateway goes to all nodes",
    ),
    (
        "fragment-early",
        L2 + "frag.c",
        "f.piece = packet + left - f.piece_len;",
        "f.piece = packet + (left > f.piece_len ? left - f.piece_len - 1 : 0);",
        "pieces of a packet begin one byte too early",
    ),
    (
        "fragment-fits",
        L2 + "frag.c",
        "if (len <= mtu) {",
        "if (len <= mtu + BATADV_FRAG_LEN) {",
        "what is a little too long for a link is not cut",
    ),
    (
        "local-kept",
        L2 + "tt_global.c",
        "\tif (!leaving)\n\t\tlocal_yield(l2, now, o, mac, vid, roam, fx);",
        "\tif (0)\n\t\tlocal_yield(l2, now, o, mac, vid, roam, fx);",
        "a node keeps a client that another announces",
    ),
    (
        "retry-never",
        GW + "proof.c",
        "one->round = instant_add(now, backoff(&p->family[v6], one));",
        "one->round = NEVER;",
        "a gateway that failed is never asked again",
    ),
]
