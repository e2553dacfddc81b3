/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_text - any bytes as a JSON string.
 *
 * Source  RFC 8259: JSON is UTF-8; an SSID or a path need not be.
 */
#pragma once
#include <jansson.h>

/* A new string; of text that is not UTF-8, each byte above 0x7f becomes '?'. */
json_t *json_text(const char *text);
