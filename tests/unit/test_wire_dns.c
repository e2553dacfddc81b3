/* Proves what is read of an answer of DNS, and that nothing else is believed. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "cmocka_all.h"
#include "wire/dns.h"

enum { ID = 0x1234 };

static uint8_t question[DNS_MESSAGE_MAX];
static size_t question_len;

static const uint8_t alias[] = {0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 4, 1, 'x', 0xc0, 12};
static const uint8_t address[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 80};

/* The question again, as an answer with these records. */
static size_t answer_make(uint8_t *to, uint8_t code, uint8_t records, bool with_alias)
{
	struct wr w = wr_over(to, DNS_MESSAGE_MAX);

	wr_bytes(&w, question, question_len);
	to[2] = 0x81;
	to[3] = (uint8_t)(0x80 | code);
	to[7] = records;
	if (with_alias)
		wr_bytes(&w, alias, sizeof(alias));
	wr_bytes(&w, address, sizeof(address));
	assert_false(w.bad);
	return wr_len(&w);
}

static int setup(void **state)
{
	struct wr w = wr_over(question, sizeof(question));

	(void)state;
	dns_question_write(&w, ID, "Portal.example.org", false);
	assert_false(w.bad);
	question_len = wr_len(&w);
	return 0;
}

static enum err parse(const uint8_t *data, size_t len, uint16_t id, const char *name, bool v6)
{
	struct prefix p = {0};
	enum err e = dns_answer_parse(data, len, id, name, v6, &p);

	if (e == OK) {
		assert_false(p.v6);
		assert_int_equal(p.net.bits, 32);
		assert_memory_equal(p.net.b, address + 12, 4);
	}
	return e;
}

static void test_question(void **state)
{
	static const uint8_t expected[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
					  "\x06Portal\x07"
					  "example\x03org\x00\x00\x01\x00\x01";

	(void)state;
	assert_int_equal(question_len, sizeof(expected) - 1);
	assert_memory_equal(question, expected, question_len);
}

static void test_names_that_are_none(void **state)
{
	static const char *const names[] = {
		"", ".", "a..b", ".a",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint8_t room[DNS_MESSAGE_MAX];
		struct wr w = wr_over(room, sizeof(room));

		dns_question_write(&w, ID, names[i], false);
		assert_true(w.bad);
	}
}

static void test_answers(void **state)
{
	uint8_t a[DNS_MESSAGE_MAX];
	size_t len = answer_make(a, 0, 1, false);

	(void)state;
	assert_int_equal(parse(a, len, ID, "portal.EXAMPLE.org", false), OK);
	assert_int_equal(parse(a, len, ID + 1, "portal.example.org", false), ERR_UNKNOWN);
	assert_int_equal(parse(a, len, ID, "portal.example.com", false), ERR_UNKNOWN);
	assert_int_equal(parse(a, len, ID, "portal.example.org", true), ERR_UNKNOWN);
	assert_int_equal(parse(question, question_len, ID, "portal.example.org", false),
			 ERR_UNKNOWN);
	assert_int_equal(parse(a, 11, ID, "portal.example.org", false), ERR_SHORT);
	assert_int_equal(parse(a, len - 1, ID, "portal.example.org", false), ERR_MALFORMED);
	len = answer_make(a, 0, 2, true);
	assert_int_equal(parse(a, len, ID, "portal.example.org", false), OK);
	len = answer_make(a, 0, 1, true); /* what follows is not announced */
	assert_int_equal(parse(a, len, ID, "portal.example.org", false), ERR_NO_ROUTE);
	len = answer_make(a, 3, 0, false);
	assert_int_equal(parse(a, len, ID, "portal.example.org", false), ERR_NO_ROUTE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_question),
		cmocka_unit_test(test_names_that_are_none),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
