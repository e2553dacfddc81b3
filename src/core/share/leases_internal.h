/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leases_internal - what the nouns of the leases share among themselves.
 *
 * Source  ours. Nobody outside core/share includes this.
 * Shape   holder: who has an address, and perhaps a name.
 *         entry: a client's lease, one per MAC. teller: a node, by its records.
 *         claim: what a LibreMesh node says of an address. slice: a part of the pool.
 */
#pragma once
#include "base/list.h"
#include "base/map.h"
#include "base/pool.h"
#include "base/timer.h"
#include "core/share/leases.h"

enum {
	TELLERS_MAX = 1024,
	HOLDERS_PER_IP_MAX = 16,
	SLICES_MAX = 512,
	SLICE_SIZE_MIN = 4,
	SLICE_FREE_WANTED = 64,
	LEASES_BUCKETS = RECORD_LEASES_COUNT,
	LEFT_MAX_S = 30 * 86400, /* nobody promises an address for longer */
	ENDED_KEEP_S = 600,	 /* that a lease has ended is told as long as records live */
	OVERDUE_S = 10,		 /* others' leases end so much later than they say */
	ADOPT_S = 30,
	ADOPT_SILENT_S =
		3, /* when it is silent, and who comes new hears of its leases from nobody */
	ADOPT_LOST_MS = 300, /* when its node has forgotten it, and may give its address away */
	DEFEND_S = 5,
	CONTRADICT_MS = 1000,
	GIVE_BACK_AFTER_S = 1800,
};
/* Versions are times of the cloud's clock, or one more than the last. No clock goes on above
 * CLOCK_MAX. */
#define VERSION_MAX UINT32_C(0xff000000)
#define CLOCK_MAX UINT32_C(0xfe000000)
/* Our RECORD_NODE, beside a bit for each bucket; LibreMesh's types come above. */
#define DIRTY_NODE (UINT32_C(1) << LEASES_BUCKETS)

/* What a timer is for; timer.kind. */
enum leases_timer { TIMER_ENTRY, TIMER_FLUSH, TIMER_SLICES, TIMER_SILENCE };

/* In the order of their right to an address. */
enum holder_kind { HOLDER_GATEWAY, HOLDER_STATIC, HOLDER_NODE, HOLDER_LEGACY, HOLDER_CLIENT };

struct name;

struct holder {
	struct map_node by_ip;
	struct list of_name;
	enum holder_kind kind;
	struct mac mac;
	uint32_t ip; /* 0: none, and in no map */
	uint32_t since_unix_s;
	bool loser;	     /* somebody else has more right to ip */
	bool plain;	     /* the DNS server has it by its name as it is, not NAME-XXXX */
	struct mac reserved; /* the MAC of its FX_RESERVE; zero: none */
	struct name *name;   /* NULL: none in the DNS */
};

/* All who are called the same. */
struct name {
	struct map_node by_text;
	struct list holders;
	struct holder *first; /* who is called so as it is; NULL: nobody may */
	char text[LEASE_NAME_ROOM];
};

/* What is said of a client's lease, by an event or by a record. */
struct said {
	struct lease lease; /* left_s: at most LEFT_MAX_S */
	bool ended;	    /* of lease only mac and version hold */
};

struct entry {
	struct holder holder; /* since, ip and mac of the lease */
	struct map_node by_mac;
	struct list all;
	struct list of_teller;
	struct teller *teller; /* whose records tell the version that we have */
	struct timer timer;
	instant end;
	instant adopt; /* when we tell it, when nobody else does; NEVER: somebody does */
	instant here_since, here_until; /* of our DHCP server's own lease; 0: it has none */
	uint32_t version;
	bool ended;
	bool listed; /* the record that is being read has it */
	bool kept;   /* FX_LEASE has it */
	uint8_t bucket;
	char name[LEASE_NAME_ROOM];
};

struct claim {
	struct holder holder;
	struct list of_teller;
	uint8_t type;
};

struct teller {
	struct holder holder; /* its own address */
	struct map_node by_mac;
	struct list all;
	struct list entries;
	struct list claims;
	bool alive;	  /* a peer, or its records come from itself */
	bool known;	  /* we have its RECORD_NODE */
	uint32_t boot;	  /* changes when it starts anew */
	uint32_t records; /* bits: which of its records share has, as in struct leases.dirty */
	char hostname[LEASE_NAME_ROOM];
	struct ipv6 ip6;
	uint32_t pool_first, pool_last, slice_size;
	struct range *ranges; /* that it claims */
	uint32_t range_count;
};

struct slice {
	bool ours, usable;
	bool theirs;	 /* scratch of one review */
	instant since;	 /* when we claimed it */
	instant busy;	 /* when an address of it was in use last */
	instant foreign; /* when another node claimed it last; 0: never */
	uint32_t used;	 /* addresses with a holder */
};

struct slices {
	struct slice *at;
	uint32_t count, size;
	bool review;	/* something changed that slices depend on */
	instant listen; /* nothing is claimed before */
	struct timer timer;
	struct range *told; /* by FX_RANGES; room for slices and the holes in them */
	uint32_t told_count, told_room;
};

struct leases {
	struct leases_conf conf;
	struct share *share;
	struct pool pool;
	struct timers timers;
	struct map by_mac, by_ip, by_name, tellers_by_mac;
	struct list entries, tellers;
	uint32_t live, ended, claims, teller_count;
	struct teller *self;
	struct holder gateway;
	struct holder *statics; /* of conf.reserved, in its order */
	struct slices slices;
	bool started, serve;
	uint32_t boot;
	int64_t clock_s; /* the cloud's clock at the origin of now; see clock_hear */
	uint32_t dirty;	 /* bits: our records that differ from what share has; DIRTY_NODE */
	uint32_t put;	 /* bits: that share has */
	struct timer flush, silence;
	instant flushed;
	uint8_t *scratch; /* SHARE_DATA_MAX bytes: a record under construction */
	uint64_t count[LEASES_COUNTERS];
};

static inline bool is_in_pool(const struct leases *l, uint32_t ip)
{
	return ip >= ipv4_to_u32(l->conf.first) && ip <= ipv4_to_u32(l->conf.last);
}

/* A hash that is the same on all nodes. */
uint64_t mac_mix(struct mac mac, uint64_t salt);

/* Our record (bit of struct leases.dirty) has changed; it is put soon. */
void telling_dirty(struct leases *l, uint32_t bits);

/* ---- clock: one for the cloud ---- */

/* Somebody's clock (ours, or that of a version) says unix_s. The furthest that we have heard
 * is the cloud's: what happens here happens after what we have heard of. */
void clock_hear(struct leases *l, instant now, uint32_t unix_s);
uint32_t clock_now(const struct leases *l, instant now);

/* ---- address: who holds which ---- */

/* One more holder of ip finds room. */
bool address_has_room(const struct leases *l, uint32_t ip);
/* h holds h->ip (not 0) from now on, or no longer (h->ip becomes 0; harmless when it was).
 * Who had the address before loses it, or gets it back; reservations follow. */
void address_enter(struct leases *l, instant now, struct holder *h, struct fx *fx);
void address_leave(struct leases *l, instant now, struct holder *h, struct fx *fx);
/* A MAC that is nobody's, to keep ip from all clients. */
struct mac address_mac(uint32_t ip);
/* Who has the right to ip, or NULL. */
struct holder *address_winner(const struct leases *l, uint32_t ip);

/* ---- name: who is called how ---- */

/* What h is called by people: "" or a cleaned name. */
const char *holder_text(const struct holder *h);
void name_enter(struct leases *l, struct holder *h, struct fx *fx);
void name_leave(struct leases *l, struct holder *h, struct fx *fx);
/* What the DNS server calls h; "" for nothing. */
void name_shown(const struct holder *h, char out[LEASE_NAME_ROOM + 8]);

/* ---- entry: the leases ---- */

struct entry *entry_find(const struct leases *l, struct mac mac);
/* The address that the configuration reserves for mac, or NULL; its index in conf.reserved. */
const struct lease *static_find(const struct leases *l, struct mac mac);
/* Is what s says newer (1), the same (0), or older (-1) than what e holds? */
int said_compare(const struct said *s, const struct entry *e);
/* What s says holds from now on, and t tells it. ERR_FULL, ERR_MALFORMED (the address is
 * not one of the pool): counted, nothing has changed. *out: the entry; may be NULL. */
enum err entry_say(struct leases *l, instant now, const struct said *s, struct teller *t,
		   struct fx *fx, struct entry **out);
/* t tells e from now on, in the version that we have. */
void entry_told(struct leases *l, instant now, struct entry *e, struct teller *t, struct fx *fx);
/* Nobody tells e any more; turn: how long each of us waits for the others. */
void entry_untold(struct leases *l, instant now, struct entry *e, span turn);
/* A living node tells a lease whose end we know: we tell that, unless the end's teller, or
 * another one of us, does so in time. */
void entry_contradicted(struct leases *l, instant now, struct entry *e);
/* Its timer fired: it ends, is adopted, or is forgotten. */
void entry_expire(struct leases *l, instant now, struct entry *e, struct fx *fx);
/* Seconds until it ends, rounded up; 0: it has. */
uint32_t entry_left_s(const struct entry *e, instant now);
void entry_free(struct leases *l, instant now, struct entry *e, struct fx *fx);
/* What s says is newer than what we tell of e, but it is the end of a lease that our DHCP server
 * has given in the last DEFEND_S: a release on its way while the client came back. Tells it anew
 * and gives true. */
bool entry_defend(struct leases *l, instant now, struct entry *e, const struct said *s,
		  struct fx *fx);
/* EV_LEASE */
void entry_event(struct leases *l, instant now, const struct ev_lease *ev, struct fx *fx);

/* ---- teller: the nodes ---- */

struct teller *teller_find(const struct leases *l, struct mac mac);
/* Finds or makes; NULL: no room, counted. */
struct teller *teller_get(struct leases *l, struct mac mac);
/* t is heard, or is not any more. */
void teller_alive(struct leases *l, instant now, struct teller *t, bool alive);
/* Nodes that are silent may be dead: their leases are told by nobody. */
void tellers_doubt(struct leases *l, instant now);
/* Frees t when there is nothing more to know of it. */
void teller_forget(struct leases *l, instant now, struct teller *t, struct fx *fx);
/* What was known by its RECORD_NODE goes. */
void teller_clear(struct leases *l, instant now, struct teller *t, struct fx *fx);

/* ---- telling: what is said in the records ---- */

/* Writes our record (one bit of struct leases.dirty) into out; entries that do not fit are
 * counted as LEASES_FULL and left out. */
size_t telling_write(struct leases *l, instant now, uint32_t bit, uint8_t *out, size_t room);
/* Reads t's record; ERR_MALFORMED: counted, nothing has changed. */
enum err telling_read(struct leases *l, instant now, struct teller *t, const struct share_record *r,
		      struct fx *fx);
/* The bit of struct leases.dirty, or of teller.records, for a type; 0: not ours to read. */
uint32_t telling_bit(uint8_t type);

/* ---- legacy: what LibreMesh's nodes say ---- */

/* Claims of t's record of this type are replaced by what data says. */
void legacy_read(struct leases *l, instant now, struct teller *t, uint8_t type, const uint8_t *data,
		 size_t len, struct fx *fx);

/* ---- slice: which part of the pool is ours ---- */

/* The pool cut up; false: no memory. */
bool slices_init(struct leases *l, instant now);
void slices_fini(struct leases *l);
/* The slice of ip, or NULL. */
struct slice *slice_of(const struct leases *l, uint32_t ip);
struct range slice_range(const struct leases *l, uint32_t i);
/* Who keeps slice i when a and b claim it: is it a? */
bool slice_prefers(uint32_t i, struct mac a, struct mac b);
/* Something changed; reviewed soon. */
void slices_changed(struct leases *l);
/* Loses, settles, claims and gives back what is due, and tells. */
void slices_review(struct leases *l, instant now, struct fx *fx);
/* Our claims as ranges, adjacent slices as one; gives their number, at most SLICES_MAX. */
uint32_t slices_claimed(const struct leases *l, struct range *out);
uint32_t slices_free(const struct leases *l, bool usable_only);
