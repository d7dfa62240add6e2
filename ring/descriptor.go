package ring

// Descriptor is what a file descriptor was: the data of a capture with
// LayoutDescriptor.
type Descriptor struct {
	// Number is the descriptor; -100 (AT_FDCWD) stands for the working directory.
	Number int32
	// Open says that there was something behind the number. Without it the
	// rest is zero.
	Open bool
	// Magic is of the file system (include/uapi/linux/magic.h).
	Magic uint32
	// Inode is the file's number in its file system.
	Inode uint64
	// Mode is the file's type and permissions, as stat(2) has them.
	Mode uint16
	// Major and Minor are a device's number.
	Major, Minor uint32
	// Deleted says that the file's name is gone, Cut that there are more
	// names than were captured, Nameless that the file is in no tree of
	// files: its one name is no path.
	Deleted, Cut, Nameless bool
	// Socket is what is known of a socket, valid where IsSocket.
	IsSocket bool
	Socket   Socket
	// Names are the names of the path, the last one first, each with a NUL
	// behind it. Empty for the root directory.
	Names []byte
}

// Socket is what is known of a socket. Ports are in the host's order.
type Socket struct {
	Family, Type, Protocol uint16 // AF_*, SOCK_*, IPPROTO_* or NETLINK_*
	State                  uint16 // include/net/tcp_states.h
	LocalPort, RemotePort  uint16
	// Local and Remote are IPv6 addresses, or IPv4 ones in their first four bytes.
	Local, Remote [16]byte
	// PortID is a netlink socket's.
	PortID uint32
	// Peer is the inode of a unix socket's peer; 0 if it has none.
	Peer uint64
	// Name is a unix socket's, a NUL first if it is in the abstract name space.
	Name []byte
}

// socketFileSystem is SOCKFS_MAGIC of include/uapi/linux/magic.h.
const socketFileSystem = 0x534f434b

// ParseDescriptor parses a capture's data; false if they are too short for what they say they are.
func ParseDescriptor(data []byte) (Descriptor, bool) {
	if len(data) < sizeofDescriptor {
		return Descriptor{}, false
	}
	device := u32(data, offsetDescriptorDevice)
	flags := u16(data, offsetDescriptorFlags)
	d := Descriptor{
		Number:   int32(u32(data, offsetDescriptorNumber)),
		Magic:    u32(data, offsetDescriptorMagic),
		Inode:    u64(data, offsetDescriptorInode),
		Mode:     u16(data, offsetDescriptorMode),
		Major:    device >> 20,
		Minor:    device & (1<<20 - 1),
		Deleted:  flags&DescriptorDeleted != 0,
		Cut:      flags&DescriptorCut != 0,
		Nameless: flags&DescriptorNameless != 0,
	}
	d.Open = d.Magic != 0 || d.Mode != 0
	rest := data[sizeofDescriptor:]
	if d.Magic != socketFileSystem {
		d.Names = rest
		return d, true
	}
	if len(rest) < sizeofDescriptorSocket {
		return d, false
	}
	d.IsSocket = true
	s := &d.Socket
	s.Family = u16(rest, offsetDescriptorSocketFamily)
	s.Type = u16(rest, offsetDescriptorSocketType)
	s.Protocol = u16(rest, offsetDescriptorSocketProtocol)
	s.State = u16(rest, offsetDescriptorSocketState)
	s.LocalPort = swap(u16(rest, offsetDescriptorSocketLocalPort))
	s.RemotePort = swap(u16(rest, offsetDescriptorSocketRemotePort))
	s.PortID = u32(rest, offsetDescriptorSocketPortId)
	copy(s.Local[:], rest[offsetDescriptorSocketLocal:])
	copy(s.Remote[:], rest[offsetDescriptorSocketRemote:])
	s.Peer = u64(rest, offsetDescriptorSocketPeer)
	s.Name = rest[sizeofDescriptorSocket:]
	return d, true
}

func swap(port uint16) uint16 { return port>>8 | port<<8 }
