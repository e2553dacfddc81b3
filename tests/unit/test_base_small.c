/* Proves the small parts of base: addresses, CRC, lists, buckets, time, serial numbers, names. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "base/bucket.h"
#include "base/clock.h"
#include "base/crc32c.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/list.h"
#include "base/mac.h"
#include "base/prefix.h"
#include "base/prng.h"
#include "base/seqno.h"
#include "cmocka_all.h"

static void test_mac_text(void **state)
{
	static const struct {
		const char *text;
		const char *printed; /* NULL: refused */
	} cases[] = {
		{"02:ba:00:00:01:01", "02:ba:00:00:01:01"},
		{"FF-fE-0a-B0-9c-00", "ff:fe:0a:b0:9c:00"},
		{"00:00:00:00:00:00", "00:00:00:00:00:00"},
		{"", NULL},
		{"02", NULL},
		{"02:ba:00:00:01", NULL},
		{"02:ba:00:00:01:", NULL},
		{"02:ba:00:00:01:0", NULL},
		{"02:ba:00:00:01:01 ", NULL},
		{"02:ba:00:00:01:01:01", NULL},
		{" 02:ba:00:00:01:01", NULL},
		{"02ba00000101", NULL},
		{"2:ba:00:00:01:01", NULL},
		{"02:bg:00:00:01:01", NULL},
		{"02:ba.00:00:01:01", NULL},
		{"0x:ba:00:00:01:01", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mac m = MAC_BROADCAST;
		char text[MAC_TEXT];
		bool parsed = mac_parse(cases[i].text, &m);

		assert_int_equal(parsed, cases[i].printed != NULL);
		assert_string_equal(mac_print(m, text),
				    parsed ? cases[i].printed : "ff:ff:ff:ff:ff:ff");
	}
}

static void test_prefix_text(void **state)
{
	static const struct {
		const char *text;
		const char *printed; /* NULL: refused */
	} cases[] = {
		{"10.0.0.0/8", "10.0.0.0/8"},
		{"10.1.2.3/8", "10.0.0.0/8"},
		{"0.0.0.0/0", "0.0.0.0/0"},
		{"192.0.2.255/31", "192.0.2.254/31"},
		{"FD00::/8", "fd00::/8"},
		{"::/0", "::/0"},
		{"2001:db8::ffff/127", "2001:db8::fffe/127"},
		{"2001:db8::1/128", "2001:db8::1/128"},
		{"", NULL},
		{"/8", NULL},
		{"10.0.0.0", NULL},
		{"10.0.0.0/", NULL},
		{"10.0.0.0/33", NULL},
		{"10.0.0.0/289", NULL},
		{"10.0.0.0/0008", NULL},
		{"10.0.0.0/-1", NULL},
		{"10.0.0.0/8 ", NULL},
		{"10.0.0/8", NULL},
		{"fd00::/129", NULL},
		{"fd00::/1e", NULL},
		{"fd00::%eth0/8", NULL},
		{"00000000000000000000000000000000000000000000000000/8", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct prefix p = {.v6 = true};
		char text[IPV6_PREFIX_TEXT];
		bool parsed = prefix_parse(cases[i].text, &p);

		assert_int_equal(parsed, cases[i].printed != NULL);
		assert_string_equal(prefix_print(&p, text), parsed ? cases[i].printed : "::/0");
	}
}

/* An address without its bits is read and printed as one, and a prefix is none. */
static void test_prefix_address(void **state)
{
	static const struct {
		const char *text, *printed; /* NULL: none */
	} cases[] = {
		{"192.0.2.255", "192.0.2.255/32"},
		{"FD00::1", "fd00::1/128"},
		{"10.0.0.0/8", NULL},
		{"fd00::/8", NULL},
		{"10.0.0", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct prefix p = {.v6 = true};
		char text[IPV6_PREFIX_TEXT];
		bool parsed = prefix_parse_address(cases[i].text, &p);

		assert_int_equal(parsed, cases[i].printed != NULL);
		assert_string_equal(prefix_print(&p, text), parsed ? cases[i].printed : "::/0");
		if (parsed)
			assert_int_equal(strncmp(cases[i].printed, prefix_print_address(&p, text),
						 strcspn(cases[i].printed, "/")),
					 0);
		assert_null(strchr(prefix_print_address(&p, text), '/'));
	}
}

static void test_digest_text(void **state)
{
	static const char text[] = "000102030405060708090a0b0c0d0e0f1011121314151617ABcdeFff";
	char out[DIGEST_TEXT], bad[DIGEST_TEXT + 1];
	struct digest d, before;

	(void)state;
	assert_true(digest_parse(text, &d));
	assert_memory_equal(d.b, "\x00\x01\x02\x03", 4);
	assert_memory_equal(d.b + 24, "\xab\xcd\xef\xff", 4);
	assert_string_equal(digest_print(&d, out),
			    "000102030405060708090a0b0c0d0e0f1011121314151617abcdefff");
	before = d;
	for (size_t i = 0; i < DIGEST_TEXT - 1; i++) {
		memcpy(bad, text, sizeof(text));
		bad[i] = 'x';
		assert_false(digest_parse(bad, &d));
		bad[i] = '\0';
		assert_false(digest_parse(bad, &d));
	}
	memcpy(bad, text, sizeof(text));
	bad[DIGEST_TEXT - 1] = '0';
	bad[DIGEST_TEXT] = '\0';
	assert_false(digest_parse(bad, &d));
	assert_true(digest_equal(&d, &before));
}

static void test_mac_kinds(void **state)
{
	static const struct {
		struct mac m;
		bool multicast, broadcast, station;
	} cases[] = {
		{{{0x02, 0xba, 0, 0, 1, 1}}, false, false, true},
		{{{0, 0, 0, 0, 0, 0}}, false, false, false},
		{{{0, 0, 0, 0, 0, 1}}, false, false, true},
		{{{0x01, 0, 0x5e, 0, 0, 1}}, true, false, false},
		{{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}, true, true, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(mac_is_multicast(cases[i].m), cases[i].multicast);
		assert_int_equal(mac_is_broadcast(cases[i].m), cases[i].broadcast);
		assert_int_equal(mac_is_station(cases[i].m), cases[i].station);
	}
	assert_true(mac_compare(cases[0].m, cases[1].m) > 0);
	assert_true(mac_compare(cases[1].m, cases[2].m) < 0);
	assert_true(mac_equal(cases[3].m, cases[3].m));
	assert_false(mac_equal(cases[1].m, cases[2].m));
}

/* An entry of the translation table as specs/batman-adv.md 11 feeds it to the CRC. */
static uint32_t entry_crc(const char vid[2], const char mac[6])
{
	uint32_t crc = crc32c(0, vid, 2);

	crc = crc32c(crc, "\0", 1);
	return crc32c(crc, mac, 6);
}

static void test_crc32c(void **state)
{
	(void)state;
	assert_int_equal(entry_crc("\x80\x00", "\x02\xba\xb0\x00\x00\x01"), 0xac039fb3);
	assert_int_equal(entry_crc("\0\0", "\x02\xba\xb0\x00\x00\x01") ^
				 entry_crc("\0\0", "\x01\x00\x5e\x00\x00\x01") ^
				 entry_crc("\0\0", "\x33\x33\x00\x00\x00\x01"),
			 0x3865e716);
	/* RFC 3720 inverts at both ends; its check value for "123456789". */
	assert_int_equal(~crc32c(UINT32_MAX, "123456789", 9), 0xe3069283);
	assert_int_equal(crc32c(0x1234, "", 0), 0x1234);
}

struct element {
	int value;
	struct list link;
};

static void check_list(struct list *head, const char *expected)
{
	char text[16], *p = text;

	list_each (e, head, struct element, link)
		*p++ = (char)('0' + e->value);
	*p = '\0';
	assert_string_equal(text, expected);
	for (struct list *l = head->next; l != head; l = l->next)
		assert_ptr_equal(l->next->prev, l);
}

static void test_list(void **state)
{
	struct list head;
	struct element e[6];

	(void)state;
	list_init(&head);
	assert_true(list_empty(&head));
	check_list(&head, "");
	for (int i = 0; i < 6; i++) {
		e[i].value = i;
		list_init(&e[i].link);
	}
	list_append(&head, &e[1].link);
	list_append(&head, &e[2].link);
	list_prepend(&head, &e[0].link);
	list_insert(&e[1].link, &e[5].link);
	check_list(&head, "0512");
	list_del(&e[5].link);
	list_del(&e[5].link);
	check_list(&head, "012");
	assert_true(list_empty(&e[5].link));
	list_append(&head, &e[3].link);
	list_each (x, &head, struct element, link) {
		if (x->value % 2 == 0)
			list_del(&x->link);
	}
	check_list(&head, "13");
	list_del(&e[1].link);
	list_del(&e[3].link);
	assert_true(list_empty(&head));
}

static void test_bucket(void **state)
{
	struct bucket b;
	instant t0 = {1000};

	(void)state;
	bucket_init(&b, 3, span_us(100), t0);
	for (int i = 0; i < 3; i++)
		assert_true(bucket_take(&b, t0));
	assert_false(bucket_take(&b, t0));
	assert_int_equal(bucket_next(&b, t0).us, 1100);
	assert_false(bucket_take(&b, (instant){1099}));
	assert_true(bucket_take(&b, (instant){1100}));
	assert_false(bucket_take(&b, (instant){1199}));
	/* Half a period that has passed is not lost. */
	assert_true(bucket_take(&b, (instant){1250}));
	assert_true(bucket_take(&b, (instant){1300}));
	assert_false(bucket_take(&b, (instant){1301}));
	/* After a long rest there is a burst, and no more. */
	instant late = {1000000};
	for (int i = 0; i < 3; i++)
		assert_true(bucket_take(&b, late));
	assert_false(bucket_take(&b, late));
	assert_int_equal(bucket_next(&b, late).us, 1000100);
}

/* In any window of length T no more than burst + T / period tokens come out, and
 * bucket_next tells the truth. */
static void test_bucket_rate(void **state)
{
	struct bucket b;
	struct prng r;
	instant now = {0};
	unsigned taken = 0;

	(void)state;
	prng_seed(&r, 5);
	bucket_init(&b, 4, span_us(50), now);
	for (unsigned i = 0; i < 20000; i++) {
		now = instant_add(now, span_us(prng_below(&r, 40)));
		instant next = bucket_next(&b, now);
		bool got = bucket_take(&b, now);
		taken += got;
		if (instant_reached(next, now))
			assert_true(got);
		assert_true(taken <= 4 + (unsigned)(now.us / 50));
	}
	assert_true(taken >= (unsigned)(now.us / 50) - 1);
}

static void test_clock(void **state)
{
	(void)state;
	assert_int_equal(instant_add((instant){5}, span_ms(2)).us, 2005);
	assert_int_equal(instant_add((instant){5000}, span_us(-2000)).us, 3000);
	assert_int_equal(instant_add(NEVER, span_us(-1)).us, NEVER.us);
	assert_int_equal(instant_add((instant){INT64_MAX - 3}, span_s(1)).us, NEVER.us);
	assert_int_equal(instant_since((instant){10}, (instant){4}).us, 6);
	assert_true(instant_reached((instant){4}, (instant){4}));
	assert_false(instant_reached(NEVER, (instant){4}));
	assert_true(instant_before((instant){3}, (instant){4}));
	assert_int_equal(instant_min((instant){3}, NEVER).us, 3);
	assert_int_equal(span_to_ms(span_s(2)), 2000);
	assert_true(span_less(span_ms(1), span_s(1)));
}

static void test_serial_numbers(void **state)
{
	(void)state;
	assert_int_equal(seqno_diff(5, 3), 2);
	assert_int_equal(seqno_diff(1, UINT32_MAX), 2);
	assert_int_equal(seqno_diff(UINT32_MAX, 1), -2);
	assert_int_equal(seqno_diff(0x80000000u, 0), INT32_MIN);
	assert_true(ttvn_older(3, 4));
	assert_false(ttvn_older(4, 4));
	assert_true(ttvn_older(255, 0));
	assert_false(ttvn_older(0, 255));
	assert_true(ttvn_older(0, 127));
}

static void test_err_names(void **state)
{
	(void)state;
	for (int a = OK; a < ERR_COUNT; a++) {
		assert_string_not_equal(err_name((enum err)a), "?");
		for (int b = OK; b < a; b++)
			assert_string_not_equal(err_name((enum err)a), err_name((enum err)b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefix_text),    cmocka_unit_test(test_prefix_address),
		cmocka_unit_test(test_digest_text),    cmocka_unit_test(test_mac_text),
		cmocka_unit_test(test_mac_kinds),      cmocka_unit_test(test_crc32c),
		cmocka_unit_test(test_list),	       cmocka_unit_test(test_bucket),
		cmocka_unit_test(test_bucket_rate),    cmocka_unit_test(test_clock),
		cmocka_unit_test(test_serial_numbers), cmocka_unit_test(test_err_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
