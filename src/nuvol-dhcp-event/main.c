/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nuvol-dhcp-event - what dnsmasq runs for each lease: one datagram to nuvold.
 *
 * Source  dnsmasq(8), --dhcp-script, --leasefile-ro.
 * Shape   `init` prints the leases that dnsmasq shall begin with, from the file that
 *         nuvold left. `add`, `old`, `del` MAC IP [NAME] become a line (drv/dhcp_event.h)
 *         for the socket; when nobody hears it, for the spool file, which nuvold
 *         reads when it is back. NUVOL_RUN_DIR says where these are.
 *         It runs once for each lease, so it links nothing but the C library.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINE_ROOM = 512, PATH_ROOM = 160, PATIENCE_S = 2 };

static const char *path_of(const char *name, char text[PATH_ROOM])
{
	const char *folder = getenv("NUVOL_RUN_DIR");

	snprintf(text, PATH_ROOM, "%s/%s", folder ? folder : "/run/nuvol", name);
	return text;
}

static int leases_print(void)
{
	char path[PATH_ROOM], bytes[4096];
	int fd = open(path_of("dhcp.leases", path), O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? EXIT_SUCCESS : EXIT_FAILURE;
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		for (ssize_t done = 0, w; done < n; done += w)
			if ((w = write(STDOUT_FILENO, bytes + done, (size_t)(n - done))) < 0)
				return EXIT_FAILURE;
	return n == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

/* "ACTION MAC IP LEFT EXPIRES LENGTH [NAME]"; 0 for what dnsmasq does not say, - for no
 * word about the name. */
static size_t line_write(char line[LINE_ROOM], char **argv)
{
	const char *left = environment("DNSMASQ_TIME_REMAINING");
	const char *expires = environment("DNSMASQ_LEASE_EXPIRES");
	const char *length = environment("DNSMASQ_LEASE_LENGTH");
	const char *name = environment("DNSMASQ_SUPPLIED_HOSTNAME");
	int n;

	if (getenv("DNSMASQ_DATA_MISSING"))
		name = "-";
	n = snprintf(line, LINE_ROOM - 1, "%.8s %.32s %.40s %.20s %.20s %.20s %.255s", argv[1],
		     argv[2], argv[3], *left ? left : "0", *expires ? expires : "0",
		     *length ? length : "0", name);
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			*c = '?';
	line[n] = '\n';
	return (size_t)n + 1;
}

static int line_send(const char *line, size_t len)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	char path[PATH_ROOM];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t n;

	if (fd < 0)
		return -1;
	path_of("dhcp.sock", path);
	if (strlen(path) >= sizeof(to.sun_path))
		return -1;
	strcpy(to.sun_path, path);
	/* The queue is full while nuvold is busy: this is the queue before it. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	n = sendto(fd, line, len, 0, (const struct sockaddr *)&to, sizeof(to));
	close(fd);
	return n == (ssize_t)len ? 0 : -1;
}

static int line_spool(const char *line, size_t len)
{
	char path[PATH_ROOM];
	int fd = open(path_of("dhcp.spool", path), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, line, len);
	close(fd);
	return n == (ssize_t)len ? 0 : -1;
}

int main(int argc, char **argv)
{
	char line[LINE_ROOM];
	size_t len;

	if (argc >= 2 && strcmp(argv[1], "init") == 0)
		return leases_print();
	/* A lost name only, or something that is not DHCP's: nothing to tell. */
	if (argc < 4 || getenv("DNSMASQ_OLD_HOSTNAME"))
		return EXIT_SUCCESS;
	len = line_write(line, argv);
	if (line_send(line, len) == 0 || line_spool(line, len) == 0)
		return EXIT_SUCCESS;
	return EXIT_FAILURE;
}
