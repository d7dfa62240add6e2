package strace

// The structs of System V IPC, each of the 64-bit ABIs and of the 32-bit ones:
// include/uapi/asm-generic/{ipcbuf,shmbuf,sembuf,msgbuf}.h, and for semaphores
// arch/x86/include/uapi/asm/sembuf.h.

// struct ipc64_perm
var ipcPermissions = []slot{
	{"uid", 4, 4, slotIdentity, 0},
	{"gid", 8, 4, slotIdentity, 0},
	{"mode", 20, 4, slotMode, 0},
	{"key", 0, 4, slotUint, 0},
	{"cuid", 12, 4, slotIdentity, 0},
	{"cgid", 16, 4, slotIdentity, 0},
}

var ipcPermissions32 = []slot{
	{"uid", 4, 4, slotIdentity, 0},
	{"gid", 8, 4, slotIdentity, 0},
	{"mode", 20, 2, slotMode, 0},
	{"key", 0, 4, slotUint, 0},
	{"cuid", 12, 4, slotIdentity, 0},
	{"cgid", 16, 4, slotIdentity, 0},
}

// struct shmid64_ds
var shmObject = [2][]slot{1: {
	{"shm_segsz", 48, 8, slotUint, 0},
	{"shm_cpid", 80, 4, slotInt32, 0},
	{"shm_lpid", 84, 4, slotInt32, 0},
	{"shm_nattch", 88, 8, slotUint, 0},
	{"shm_atime", 56, 8, slotUint, 0},
	{"shm_dtime", 64, 8, slotUint, 0},
	{"shm_ctime", 72, 8, slotUint, 0},
}}

var shmObject32 = [2][]slot{1: {
	{"shm_segsz", 36, 4, slotUint, 0},
	{"shm_cpid", 64, 4, slotInt32, 0},
	{"shm_lpid", 68, 4, slotInt32, 0},
	{"shm_nattch", 72, 4, slotUint, 0},
	{"shm_atime", 40, 4, slotUint, 0},
	{"shm_dtime", 48, 4, slotUint, 0},
	{"shm_ctime", 56, 4, slotUint, 0},
}}

// struct shminfo64
var shmLimits = []slot{
	{"shmmax", 0, 8, slotUint, 0},
	{"shmmin", 8, 8, slotUint, 0},
	{"shmmni", 16, 8, slotUint, 0},
	{"shmseg", 24, 8, slotUint, 0},
	{"shmall", 32, 8, slotUint, 0},
}

var shmLimits32 = []slot{
	{"shmmax", 0, 4, slotUint, 0},
	{"shmmin", 4, 4, slotUint, 0},
	{"shmmni", 8, 4, slotUint, 0},
	{"shmseg", 12, 4, slotUint, 0},
	{"shmall", 16, 4, slotUint, 0},
}

// struct shm_info
var shmUsage = []slot{
	{"used_ids", 0, 4, slotInt32, 0},
	{"shm_tot", 8, 8, slotUint, 0},
	{"shm_rss", 16, 8, slotUint, 0},
	{"shm_swp", 24, 8, slotUint, 0},
	{"swap_attempts", 32, 8, slotUint, 0},
	{"swap_successes", 40, 8, slotUint, 0},
}

var shmUsage32 = []slot{
	{"used_ids", 0, 4, slotInt32, 0},
	{"shm_tot", 4, 4, slotUint, 0},
	{"shm_rss", 8, 4, slotUint, 0},
	{"shm_swp", 12, 4, slotUint, 0},
	{"swap_attempts", 16, 4, slotUint, 0},
	{"swap_successes", 20, 4, slotUint, 0},
}

// struct semid64_ds: on x86 an unused long stands behind each time.
var semObjectX86 = [2][]slot{1: {
	{"sem_otime", 48, 8, slotUint, 0},
	{"sem_ctime", 64, 8, slotUint, 0},
	{"sem_nsems", 80, 8, slotUint, 0},
}}

var semObjectARM = [2][]slot{1: {
	{"sem_otime", 48, 8, slotUint, 0},
	{"sem_ctime", 56, 8, slotUint, 0},
	{"sem_nsems", 64, 8, slotUint, 0},
}}

var semObject32 = [2][]slot{1: {
	{"sem_otime", 36, 4, slotUint, 0},
	{"sem_ctime", 44, 4, slotUint, 0},
	{"sem_nsems", 52, 4, slotUint, 0},
}}

// struct seminfo
var semLimits = []slot{
	{"semmap", 0, 4, slotInt32, 0},
	{"semmni", 4, 4, slotInt32, 0},
	{"semmns", 8, 4, slotInt32, 0},
	{"semmnu", 12, 4, slotInt32, 0},
	{"semmsl", 16, 4, slotInt32, 0},
	{"semopm", 20, 4, slotInt32, 0},
	{"semume", 24, 4, slotInt32, 0},
	{"semusz", 28, 4, slotInt32, 0},
	{"semvmx", 32, 4, slotInt32, 0},
	{"semaem", 36, 4, slotInt32, 0},
}

// struct msqid64_ds
var msgObject = [2][]slot{
	{
		{"msg_qbytes", 88, 8, slotUint, 0},
	},
	{
		{"msg_stime", 48, 8, slotUint, 0},
		{"msg_rtime", 56, 8, slotUint, 0},
		{"msg_ctime", 64, 8, slotUint, 0},
		{"msg_qnum", 80, 8, slotUint, 0},
		{"msg_qbytes", 88, 8, slotUint, 0},
		{"msg_lspid", 96, 4, slotInt32, 0},
		{"msg_lrpid", 100, 4, slotInt32, 0},
	},
}

var msgObject32 = [2][]slot{
	{
		{"msg_qbytes", 68, 4, slotUint, 0},
	},
	{
		{"msg_stime", 36, 4, slotUint, 0},
		{"msg_rtime", 44, 4, slotUint, 0},
		{"msg_ctime", 52, 4, slotUint, 0},
		{"msg_qnum", 64, 4, slotUint, 0},
		{"msg_qbytes", 68, 4, slotUint, 0},
		{"msg_lspid", 72, 4, slotInt32, 0},
		{"msg_lrpid", 76, 4, slotInt32, 0},
	},
}

// struct msginfo
var msgLimits = []slot{
	{"msgpool", 0, 4, slotInt32, 0},
	{"msgmap", 4, 4, slotInt32, 0},
	{"msgmax", 8, 4, slotInt32, 0},
	{"msgmnb", 12, 4, slotInt32, 0},
	{"msgmni", 16, 4, slotInt32, 0},
	{"msgssz", 20, 4, slotInt32, 0},
	{"msgtql", 24, 4, slotInt32, 0},
	{"msgseg", 28, 2, slotUint, 0},
}
