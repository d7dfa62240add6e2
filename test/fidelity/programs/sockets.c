/* Sockets of many families, their options, addresses and control messages. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <linux/if_alg.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <linux/vm_sockets.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un unix_address(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	return address;
}

static void unix_sockets(void)
{
	int pair[2], flags = 1, received;
	struct sockaddr_un address = unix_address("socket"), other;
	struct sockaddr_un abstract = { .sun_family = AF_UNIX, .sun_path = "\0fidelity" };
	socklen_t length = sizeof(other);
	char buffer[100], control[256];
	struct iovec parts[] = { { "hello ", 6 }, { "world\n", 6 } };
	struct iovec into[] = { { buffer, 5 }, { buffer + 5, 50 } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	struct cmsghdr *header;
	struct ucred credentials = { getpid(), getuid(), getgid() };

	socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
	setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &flags, sizeof(flags));
	memset(control, 0, sizeof(control));
	message.msg_control = control;
	message.msg_controllen = CMSG_SPACE(2 * sizeof(int)) + CMSG_SPACE(sizeof(credentials));
	header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(header), (int[]){ 0, 1 }, 2 * sizeof(int));
	header = CMSG_NXTHDR(&message, header);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_CREDENTIALS;
	header->cmsg_len = CMSG_LEN(sizeof(credentials));
	memcpy(CMSG_DATA(header), &credentials, sizeof(credentials));
	sendmsg(pair[0], &message, MSG_NOSIGNAL);

	message = (struct msghdr){ .msg_iov = into, .msg_iovlen = 2, .msg_control = control, .msg_controllen = sizeof(control) };
	recvmsg(pair[1], &message, MSG_CMSG_CLOEXEC);
	sendto(pair[0], "abc", 3, MSG_DONTWAIT, NULL, 0);
	recvfrom(pair[1], buffer, 2, MSG_PEEK, NULL, NULL);
	recv(pair[1], buffer, 100, MSG_DONTWAIT);
	recv(pair[1], buffer, 100, MSG_DONTWAIT | MSG_TRUNC);
	length = sizeof(credentials);
	getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &credentials, &length);
	shutdown(pair[0], SHUT_RDWR);
	send(pair[0], "x", 1, MSG_NOSIGNAL);

	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	bind(listener, (struct sockaddr *)&address, sizeof(address));
	listen(listener, 5);
	accept(listener, NULL, NULL);
	int client = socket(AF_UNIX, SOCK_STREAM, 0);
	connect(client, (struct sockaddr *)&address, sizeof(address));
	length = sizeof(other);
	received = accept4(listener, (struct sockaddr *)&other, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
	length = sizeof(other);
	getsockname(received, (struct sockaddr *)&other, &length);
	length = 4;
	getpeername(client, (struct sockaddr *)&other, &length);
	int datagram = socket(AF_UNIX, SOCK_DGRAM, 0);
	length = offsetof(struct sockaddr_un, sun_path) + 9;
	bind(datagram, (struct sockaddr *)&abstract, length);
	sendto(datagram, "to myself", 9, 0, (struct sockaddr *)&abstract, length);
	length = sizeof(other);
	recvfrom(datagram, buffer, sizeof(buffer), 0, (struct sockaddr *)&other, &length);

	struct mmsghdr many[3];
	memset(many, 0, sizeof(many));
	for (int at = 0; at < 3; at++) {
		many[at].msg_hdr.msg_iov = &parts[at % 2];
		many[at].msg_hdr.msg_iovlen = 1;
		many[at].msg_hdr.msg_name = &abstract;
		many[at].msg_hdr.msg_namelen = length;
	}
	sendmmsg(datagram, many, 3, 0);
	for (int at = 0; at < 3; at++) {
		many[at].msg_hdr.msg_iov = &into[1];
		many[at].msg_hdr.msg_name = NULL;
		many[at].msg_hdr.msg_namelen = 0;
	}
	struct timespec timeout = { 1, 500 };
	recvmmsg(datagram, many, 2, MSG_WAITFORONE, &timeout);
	recvmmsg(datagram, many, 2, MSG_DONTWAIT, NULL);
	recvmmsg(datagram, many, 2, MSG_DONTWAIT, NULL);
	connect(client, (struct sockaddr *)&(struct sockaddr){ AF_UNSPEC }, sizeof(struct sockaddr));
	unlink("socket");
	close(client);
	close(received);
	close(listener);
	close(datagram);
	close(pair[0]);
	close(pair[1]);
}

static void get(int fd, int level, int option)
{
	char value[300] = { 0 };
	socklen_t length = sizeof(value);
	getsockopt(fd, level, option, value, &length);
	length = 4;
	getsockopt(fd, level, option, value, &length);
}

static void set(int fd, int level, int option, int value)
{
	setsockopt(fd, level, option, &value, sizeof(value));
}

static void options(int fd, int family)
{
	for (int option = 1; option < 80; option++)
		get(fd, SOL_SOCKET, option);
	for (int option = 1; option < 40; option++)
		get(fd, SOL_TCP, option);
	for (int option = 1; option < 52; option++)
		get(fd, SOL_IP, option);
	if (family == AF_INET6)
		for (int option = 1; option < 80; option++)
			get(fd, SOL_IPV6, option);
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(fd, SOL_SOCKET, SO_SNDBUF, 4096);
	set(fd, SOL_SOCKET, SO_RCVLOWAT, 1);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 2 }, sizeof(struct linger));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ 1, 2 }, sizeof(struct timeval));
	setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3);
	setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "", 0);
	set(fd, SOL_SOCKET, SO_TIMESTAMPING, SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE);
	struct sock_filter code[] = { { 0x06, 0, 0, 0xffffffff } };
	struct sock_fprog program = { 1, code };
	setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	set(fd, SOL_SOCKET, SO_DETACH_FILTER, 0);
	set(fd, SOL_TCP, TCP_NODELAY, 1);
	set(fd, SOL_TCP, TCP_KEEPIDLE, 30);
	set(fd, SOL_TCP, TCP_KEEPCNT, 3);
	setsockopt(fd, SOL_TCP, TCP_CONGESTION, "cubic", 5);
	set(fd, SOL_IP, IP_TOS, 16);
	set(fd, SOL_IP, IP_TTL, 64);
	set(fd, SOL_IP, IP_RECVERR, 1);
	set(fd, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
	set(fd, SOL_IPV6, IPV6_V6ONLY, 1);
	set(fd, 999, 5, 7);
}

static void inet_sockets(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_in6 address6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t length = sizeof(address);
	char buffer[100], control[200];
	int queued;

	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	options(listener, AF_INET);
	bind(listener, (struct sockaddr *)&address, sizeof(address));
	listen(listener, SOMAXCONN);
	getsockname(listener, (struct sockaddr *)&address, &length);
	int client = socket(AF_INET, SOCK_STREAM, 0);
	connect(client, (struct sockaddr *)&address, length);
	int peer = accept(listener, (struct sockaddr *)&address, &length);
	write(peer, "data", 4);
	ioctl(client, FIONREAD, &queued);
	recv(client, buffer, sizeof(buffer), 0);
	get(client, SOL_TCP, TCP_INFO);
	send(client, "!", 1, MSG_OOB);
	recv(peer, buffer, 1, MSG_OOB);
	shutdown(client, SHUT_WR);
	read(peer, buffer, 10);
	close(client);
	close(peer);
	close(listener);

	int datagram = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	address.sin_port = 0;
	bind(datagram, (struct sockaddr *)&address, sizeof(address));
	length = sizeof(address);
	getsockname(datagram, (struct sockaddr *)&address, &length);
	set(datagram, SOL_IP, IP_PKTINFO, 1);
	set(datagram, SOL_IP, IP_RECVTTL, 1);
	set(datagram, SOL_IP, IP_RECVTOS, 1);
	set(datagram, SOL_SOCKET, SO_TIMESTAMP, 1);
	struct ip_mreqn membership = { { htonl(0xe0000001) }, { htonl(INADDR_ANY) }, 1 };
	setsockopt(datagram, SOL_IP, IP_ADD_MEMBERSHIP, &membership, sizeof(membership));
	setsockopt(datagram, SOL_IP, IP_MULTICAST_IF, &membership, sizeof(membership));
	sendto(datagram, "datagram", 8, MSG_CONFIRM, (struct sockaddr *)&address, length);
	struct iovec into = { buffer, sizeof(buffer) };
	struct msghdr message = { .msg_name = &address, .msg_namelen = sizeof(address), .msg_iov = &into, .msg_iovlen = 1,
				  .msg_control = control, .msg_controllen = sizeof(control) };
	recvmsg(datagram, &message, 0);
	message.msg_controllen = sizeof(control);
	recvmsg(datagram, &message, MSG_DONTWAIT | MSG_ERRQUEUE);
	close(datagram);

	int six = socket(AF_INET6, SOCK_DGRAM, 0);
	options(six, AF_INET6);
	setsockopt(six, SOL_SOCKET, SO_BINDTODEVICE, "", 0);
	bind(six, (struct sockaddr *)&address6, sizeof(address6));
	length = sizeof(address6);
	getsockname(six, (struct sockaddr *)&address6, &length);
	set(six, SOL_IPV6, IPV6_RECVPKTINFO, 1);
	set(six, SOL_IPV6, IPV6_RECVHOPLIMIT, 1);
	connect(six, (struct sockaddr *)&address6, sizeof(address6));
	write(six, "six", 3);
	message.msg_name = &address6;
	message.msg_namelen = sizeof(address6);
	message.msg_controllen = sizeof(control);
	recvmsg(six, &message, MSG_DONTWAIT);
	struct ipv6_mreq membership6 = { { { { 0xff, 2, [15] = 1 } } }, 1 };
	setsockopt(six, SOL_IPV6, IPV6_ADD_MEMBERSHIP, &membership6, sizeof(membership6));
	inet_pton(AF_INET6, "fe80::1:2", &address6.sin6_addr);
	address6.sin6_scope_id = 1;
	address6.sin6_flowinfo = htonl(7);
	connect(six, (struct sockaddr *)&address6, sizeof(address6));
	close(six);
	close(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
	close(socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP));
	socket(AF_INET, 77, 200);
	socket(200, SOCK_STREAM, 1);
}

static void netlink_sockets(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} request = { { sizeof(request), RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 }, { .ifi_family = AF_UNSPEC } };
	struct {
		struct nlmsghdr header;
		struct ifaddrmsg address;
	} addresses = { { sizeof(addresses), RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, 2, 0 }, { .ifa_family = AF_INET } };
	struct {
		struct nlmsghdr header;
		struct unix_diag_req unix_request;
	} diagnose = { { sizeof(diagnose), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, 3, 0 },
		       { .sdiag_family = AF_UNIX, .udiag_states = -1, .udiag_show = UDIAG_SHOW_NAME } };
	char buffer[8192];
	socklen_t length = sizeof(address);

	int route = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	bind(route, (struct sockaddr *)&address, sizeof(address));
	getsockname(route, (struct sockaddr *)&address, &length);
	set(route, SOL_NETLINK, NETLINK_EXT_ACK, 1);
	set(route, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
	address.nl_pid = 0;
	sendto(route, &request, sizeof(request), 0, (struct sockaddr *)&address, sizeof(address));
	recv(route, buffer, sizeof(buffer), MSG_DONTWAIT);
	recv(route, buffer, sizeof(buffer), MSG_DONTWAIT);
	struct iovec part = { &addresses, sizeof(addresses) };
	struct msghdr message = { .msg_name = &address, .msg_namelen = sizeof(address), .msg_iov = &part, .msg_iovlen = 1 };
	sendmsg(route, &message, 0);
	part = (struct iovec){ buffer, sizeof(buffer) };
	recvmsg(route, &message, MSG_DONTWAIT);
	recvmsg(route, &message, MSG_DONTWAIT);
	close(route);
	int diagnosis = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_SOCK_DIAG);
	send(diagnosis, &diagnose, sizeof(diagnose), 0);
	recv(diagnosis, buffer, 200, MSG_DONTWAIT);
	close(diagnosis);
	int generic = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	write(generic, &request, sizeof(request));
	close(generic);
	int events = socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT);
	address.nl_groups = 1;
	bind(events, (struct sockaddr *)&address, sizeof(address));
	close(events);
}

static void other_sockets(void)
{
	struct sockaddr_ll link = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = 1 };
	struct sockaddr_vm vm = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = 99 };
	struct sockaddr_alg algorithm = { .salg_family = AF_ALG, .salg_type = "hash", .salg_name = "sha256" };
	struct packet_mreq membership = { 1, PACKET_MR_PROMISC };
	struct tpacket_stats statistics;
	socklen_t length = sizeof(statistics);

	int packet = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	bind(packet, (struct sockaddr *)&link, sizeof(link));
	setsockopt(packet, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof(membership));
	getsockopt(packet, SOL_PACKET, PACKET_STATISTICS, &statistics, &length);
	length = sizeof(link);
	getsockname(packet, (struct sockaddr *)&link, &length);
	close(packet);
	int virtual = socket(AF_VSOCK, SOCK_DGRAM, 0);
	connect(virtual, (struct sockaddr *)&vm, sizeof(vm));
	close(virtual);
	int crypto = socket(AF_ALG, SOCK_SEQPACKET, 0);
	bind(crypto, (struct sockaddr *)&algorithm, sizeof(algorithm));
	close(crypto);
	close(socket(AF_BLUETOOTH, SOCK_RAW, 1));
	close(socket(AF_CAN, SOCK_RAW, 1));
	close(socket(AF_TIPC, SOCK_RDM, 0));
}

int main(void)
{
	unix_sockets();
	inet_sockets();
	netlink_sockets();
	other_sockets();
	return 0;
}
