/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay - feeds each file of the folders named to a fuzz target, in order of
 * their names. Fails when there is none: that would prove nothing.
 *
 * An input is copied to where its memory ends, so that ASan sees a read too far.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"

static int replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");

	if (!file || fseek(file, 0, SEEK_END) != 0) {
		perror(path);
		return -1;
	}
	long len = ftell(file);
	rewind(file);
	size_t size = len > 0 ? (size_t)len : 0;
	uint8_t *bytes = malloc(size + 1);
	if (!bytes || fread(bytes + 1, 1, size, file) != size) {
		perror(path);
		exit(1);
	}
	fclose(file);
	LLVMFuzzerTestOneInput(bytes + 1, size);
	free(bytes);
	return 0;
}

static unsigned replay_folder(const char *folder)
{
	struct dirent **entry;
	int n = scandir(folder, &entry, NULL, alphasort);
	unsigned replayed = 0;

	if (n < 0)
		perror(folder);
	for (int i = 0; i < n; i++) {
		char path[1000];
		snprintf(path, sizeof(path), "%s/%s", folder, entry[i]->d_name);
		if (entry[i]->d_name[0] != '.') {
			fprintf(stderr, "%s\n", entry[i]->d_name);
			replayed += replay_file(path) == 0;
		}
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
	return replayed;
}

int main(int argc, char **argv)
{
	unsigned replayed = 0;

	for (int i = 1; i < argc; i++)
		replayed += replay_folder(argv[i]);
	printf("%u inputs\n", replayed);
	return replayed > 0 ? 0 : 1;
}
