/* Requests to terminals, sockets, files and devices. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/if_tun.h>
#include <linux/loop.h>
#include <linux/nsfs.h>
#include <linux/random.h>
#include <linux/rtc.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

static void terminal(void)
{
	int value, master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	struct winsize size = { 24, 80, 1, 2 };
	struct termios settings;
	char buffer[10];
	ioctl(master, TIOCGPTN, &value);
	value = 0;
	ioctl(master, TIOCSPTLCK, &value);
	ioctl(master, TIOCGPTLCK, &value);
	int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	ioctl(slave, TCGETS, &settings);
	settings.c_lflag &= ~(ECHO | ICANON);
	settings.c_oflag &= ~OPOST;
	ioctl(slave, TCSETS, &settings);
	ioctl(slave, TCSETSW, &settings);
	tcsetattr(slave, TCSAFLUSH, &settings);
	char old[60];
	ioctl(slave, TCGETA, old);
	struct { char bytes[100]; } two;
	ioctl(slave, 0x802c542a, &two); /* TCGETS2 */
	ioctl(slave, TIOCSWINSZ, &size);
	ioctl(slave, TIOCGWINSZ, &size);
	ioctl(master, FIONREAD, &value);
	ioctl(slave, TIOCOUTQ, &value);
	ioctl(slave, TCSBRK, 1);
	ioctl(slave, TCFLSH, TCIOFLUSH);
	ioctl(slave, TCXONC, TCOON);
	ioctl(slave, TIOCEXCL);
	ioctl(slave, TIOCNXCL);
	ioctl(slave, TIOCGETD, &value);
	ioctl(slave, TIOCGSID, &value);
	ioctl(slave, TIOCGPGRP, &value);
	ioctl(slave, TIOCSCTTY, 0);
	ioctl(slave, TIOCNOTTY);
	ioctl(slave, TIOCSTI, "x");
	ioctl(master, TIOCPKT, &value);
	ioctl(master, TIOCGDEV, &value);
	ioctl(slave, TIOCMGET, &value);
	ioctl(slave, TIOCGSOFTCAR, &value);
	write(master, "a\n", 2);
	ioctl(slave, FIONREAD, &value);
	read(slave, buffer, 10);
	close(slave);
	close(master);
	ioctl(0, TCGETS, &settings);
	ioctl(99, TIOCGWINSZ, &size);
}

static void interfaces(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	struct ifreq many[10];
	struct ifconf all = { sizeof(many), { (char *)many } };
	struct arpreq arp = { 0 };
	int value, fd = socket(AF_INET, SOCK_DGRAM, 0);
	ioctl(fd, SIOCGIFCONF, &all);
	all.ifc_req = NULL;
	ioctl(fd, SIOCGIFCONF, &all);
	static const int requests[] = {
		SIOCGIFFLAGS, SIOCGIFADDR, SIOCGIFNETMASK, SIOCGIFBRDADDR, SIOCGIFDSTADDR, SIOCGIFMTU, SIOCGIFHWADDR,
		SIOCGIFINDEX, SIOCGIFMETRIC, SIOCGIFTXQLEN, SIOCGIFMAP, SIOCGIFSLAVE, SIOCETHTOOL, SIOCGIFMEM, SIOCGIFPFLAGS,
	};
	for (unsigned at = 0; at < sizeof(requests) / sizeof(requests[0]); at++) {
		memset(&request, 0, sizeof(request));
		strcpy(request.ifr_name, "lo");
		ioctl(fd, requests[at], &request);
	}
	memset(&request, 0, sizeof(request));
	request.ifr_ifindex = 1;
	ioctl(fd, SIOCGIFNAME, &request);
	strcpy(request.ifr_name, "missing0");
	ioctl(fd, SIOCGIFADDR, &request);
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	ioctl(fd, SIOCSIFFLAGS, &request);
	request.ifr_mtu = 1400;
	ioctl(fd, SIOCSIFMTU, &request);
	ioctl(fd, SIOCGARP, &arp);
	ioctl(fd, SIOCINQ, &value);
	ioctl(fd, SIOCOUTQ, &value);
	ioctl(fd, SIOCATMARK, &value);
	struct timeval stamp;
	ioctl(fd, SIOCGSTAMP, &stamp);
	ioctl(fd, SIOCBRADDBR, "missing/bridge");
	value = getpid();
	ioctl(fd, FIOSETOWN, &value);
	ioctl(fd, FIOGETOWN, &value);
	ioctl(fd, SIOCGPGRP, &value);
	value = 1;
	ioctl(fd, FIONBIO, &value);
	ioctl(fd, FIOASYNC, &value);
	ioctl(fd, FIOCLEX);
	ioctl(fd, FIONCLEX);
	close(fd);
	int tunnel = open("/dev/net/tun", O_RDWR);
	ioctl(tunnel, TUNGETFEATURES, &value);
	strcpy(request.ifr_name, "fidelity%d%d%d");
	request.ifr_flags = IFF_TUN | IFF_NO_PI;
	ioctl(99, TUNSETIFF, &request);
	close(tunnel);
}

static void files(void)
{
	int value, fd = open("file", O_RDWR | O_CREAT, 0600);
	long long flags;
	write(fd, "content", 7);
	ioctl(fd, FS_IOC_GETFLAGS, &flags);
	ioctl(fd, FS_IOC_SETFLAGS, &flags);
	ioctl(fd, FS_IOC_GETVERSION, &flags);
	struct fsxattr attributes;
	ioctl(fd, FS_IOC_FSGETXATTR, &attributes);
	ioctl(fd, FIGETBSZ, &value);
	value = 0;
	ioctl(fd, FIBMAP, &value);
	ioctl(fd, FICLONE, 0);
	struct file_clone_range range = { 0, 0, 7, 0 };
	ioctl(fd, FICLONERANGE, &range);
	struct { struct file_dedupe_range range; struct file_dedupe_range_info information[1]; } same = { { 0, 7, 1 }, { { 0, 1 } } };
	ioctl(fd, FIDEDUPERANGE, &same);
	struct { struct fiemap map; struct fiemap_extent extents[3]; } map = { { 0, 4096, FIEMAP_FLAG_SYNC, 0, 3 } };
	ioctl(fd, FS_IOC_FIEMAP, &map);
	char label[FSLABEL_MAX];
	ioctl(fd, FS_IOC_GETFSLABEL, label);
	ioctl(fd, FIOQSIZE, &flags);
	struct fstrim_range trim = { 0, 10, 0 };
	int null = open("/dev/null", O_RDWR);
	ioctl(null, FITRIM, &trim);
	ioctl(null, BLKGETSIZE64, &flags);
	ioctl(null, BLKSSZGET, &value);
	ioctl(null, BLKROGET, &value);
	ioctl(null, LOOP_GET_STATUS64, label);
	ioctl(null, LOOP_CTL_GET_FREE);
	ioctl(null, 0x12345678, 0x9abc);
	ioctl(null, _IOWR('z', 77, int[5]), &value);
	ioctl(null, 0x5401, (void *)8);
	close(null);
	close(fd);
	unlink("file");
}

static void devices(void)
{
	int value, random = open("/dev/urandom", O_RDONLY);
	struct { int count, size; char bytes[4]; } entropy = { 0, 4, "abc" };
	ioctl(random, RNDGETENTCNT, &value);
	ioctl(random, RNDADDENTROPY, &entropy);
	close(random);
	int clock = open("/dev/rtc0", O_RDONLY);
	struct rtc_time time;
	struct rtc_wkalrm alarm;
	ioctl(clock, RTC_RD_TIME, &time);
	ioctl(clock, RTC_WKALM_RD, &alarm);
	ioctl(clock, RTC_UIE_OFF);
	close(clock);
	int namespace = open("/proc/self/ns/user", O_RDONLY);
	ioctl(namespace, NS_GET_USERNS);
	ioctl(namespace, NS_GET_NSTYPE);
	ioctl(namespace, NS_GET_OWNER_UID, &value);
	close(namespace);
}

int main(void)
{
	terminal();
	interfaces();
	files();
	devices();
	return 0;
}
