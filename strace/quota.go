package strace

import "traceloop/event"

// quotaCommand appends QCMD(command, type) of quotactl(2).
func quotaCommand(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := uint64(uint32(register(e, index)))
	dst, named := beginNames(dst, value, asUint, o)
	if !named {
		return dst
	}
	dst = append(dst, "QCMD("...)
	dst = quotaCommands.appendTo(dst, value>>8, nil)
	dst = append(dst, ", "...)
	dst = quotaTypes.appendTo(dst, value&0xff, nil)
	return endNames(append(dst, ')'), o)
}

// quotaBlock is struct if_dqblk (include/uapi/linux/quota.h).
var quotaBlock = []member{
	{name: "dqb_bhardlimit", size: 8, form: asUint},
	{name: "dqb_bsoftlimit", size: 8, form: asUint},
	{name: "dqb_curspace", size: 8, form: asUint},
	{name: "dqb_ihardlimit", size: 8, form: asUint},
	{name: "dqb_isoftlimit", size: 8, form: asUint},
	{name: "dqb_curinodes", size: 8, form: asUint},
	{name: "dqb_btime", size: 8, form: asUint, more: true},
	{name: "dqb_itime", size: 8, form: asUint, more: true},
	{name: "dqb_valid", size: 4, flags: &quotaBlockValid, more: true},
}

// quotaNextBlock is struct if_nextdqblk.
var quotaNextBlock = append(quotaBlock[:len(quotaBlock):len(quotaBlock)], member{name: "dqb_id", size: 4, form: asUint})

// quotaInformation is struct if_dqinfo.
var quotaInformation = []member{
	{name: "dqi_bgrace", size: 8, form: asUint},
	{name: "dqi_igrace", size: 8, form: asUint},
	{name: "dqi_flags", size: 4, flags: &quotaInformationFlags},
	{name: "dqi_valid", size: 4, flags: &quotaInformationValid},
}

// xfsQuota is struct fs_disk_quota (include/uapi/linux/dqblk_xfs.h).
var xfsQuota = []member{
	{name: "d_version", size: 1},
	{name: "d_flags", size: 1, flags: &xfsQuotaTypes},
	{name: "d_fieldmask", size: 2, form: asHex},
	{name: "d_id", size: 4, form: asUint},
	{name: "d_blk_hardlimit", size: 8, form: asUint},
	{name: "d_blk_softlimit", size: 8, form: asUint},
	{name: "d_ino_hardlimit", size: 8, form: asUint},
	{name: "d_ino_softlimit", size: 8, form: asUint},
	{name: "d_bcount", size: 8, form: asUint},
	{name: "d_icount", size: 8, form: asUint},
	{name: "d_itimer", size: 4, more: true},
	{name: "d_btimer", size: 4, more: true},
	{name: "d_iwarns", size: 2, form: asUint, more: true},
	{name: "d_bwarns", size: 2, form: asUint, more: true},
	{size: 4},
	{name: "d_rtb_hardlimit", size: 8, form: asUint, more: true},
	{name: "d_rtb_softlimit", size: 8, form: asUint, more: true},
	{name: "d_rtbcount", size: 8, form: asUint, more: true},
	{name: "d_rtbtimer", size: 4, more: true},
	{name: "d_rtbwarns", size: 2, form: asUint, more: true},
}

// xfsQuotaState is struct fs_quota_stat.
var xfsQuotaState = []member{
	{name: "qs_version", size: 1},
	{name: "qs_flags", size: 2, flags: &xfsQuotaFlags, more: true},
	{size: alignment},
	{name: "qs_uquota={qfs_ino", size: 8, form: asUint, more: true},
	{name: "qfs_nblks", size: 8, form: asUint, more: true},
	{name: "qfs_nextents", size: 4, form: asUint, more: true, end: "}"},
	{size: alignment},
	{name: "qs_gquota={qfs_ino", size: 8, form: asUint, more: true},
	{name: "qfs_nblks", size: 8, form: asUint, more: true},
	{name: "qfs_nextents", size: 4, form: asUint, more: true, end: "}"},
	{size: alignment},
	{name: "qs_incoredqs", size: 4, form: asUint, more: true},
	{name: "qs_btimelimit", size: 4, more: true},
	{name: "qs_itimelimit", size: 4, more: true},
	{name: "qs_rtbtimelimit", size: 4, more: true},
	{name: "qs_bwarnlimit", size: 2, form: asUint, more: true},
	{name: "qs_iwarnlimit", size: 2, form: asUint, more: true},
}

// xfsQuotaStates is struct fs_quota_statv.
var xfsQuotaStates = []member{
	{name: "qs_version", size: 1},
	{size: 1},
	{name: "qs_flags", size: 2, flags: &xfsQuotaFlags, more: true},
	{name: "qs_incoredqs", size: 4, form: asUint, more: true},
	{name: "qs_uquota={qfs_ino", size: 8, form: asUint, more: true},
	{name: "qfs_nblks", size: 8, form: asUint, more: true},
	{name: "qfs_nextents", size: 4, form: asUint, more: true, end: "}"},
	{size: 4},
	{name: "qs_gquota={qfs_ino", size: 8, form: asUint, more: true},
	{name: "qfs_nblks", size: 8, form: asUint, more: true},
	{name: "qfs_nextents", size: 4, form: asUint, more: true, end: "}"},
	{size: 4},
	{name: "qs_pquota={qfs_ino", size: 8, form: asUint, more: true},
	{name: "qfs_nblks", size: 8, form: asUint, more: true},
	{name: "qfs_nextents", size: 4, form: asUint, more: true, end: "}"},
	{size: 4},
	{name: "qs_btimelimit", size: 4, more: true},
	{name: "qs_itimelimit", size: 4, more: true},
	{name: "qs_rtbtimelimit", size: 4, more: true},
	{name: "qs_bwarnlimit", size: 2, form: asUint, more: true},
	{name: "qs_iwarnlimit", size: 2, form: asUint, more: true},
}

// include/uapi/linux/quota.h, include/uapi/linux/dqblk_xfs.h
var quotaCommands = names{unknown: "Q_???", names: []entry{
	{0x100, "Q_V1_QUOTAON"},
	{0x200, "Q_V1_QUOTAOFF"},
	{0x300, "Q_V1_GETQUOTA"},
	{0x400, "Q_V1_SETQUOTA"},
	{0x500, "Q_V1_SETUSE"},
	{0x600, "Q_V1_SYNC"},
	{0x700, "Q_SETQLIM"},
	{0x800, "Q_V1_GETSTATS"},
	{0x1000, "Q_V1_RSQUASH"},
	{0xd00, "Q_V2_GETQUOTA"},
	{0xe00, "Q_V2_SETQUOTA"},
	{0xf00, "Q_V2_SETUSE"},
	{0x900, "Q_V2_GETINFO"},
	{0xa00, "Q_V2_SETINFO"},
	{0xb00, "Q_V2_SETGRACE"},
	{0xc00, "Q_V2_SETFLAGS"},
	{0x1100, "Q_V2_GETSTATS"},
	{0x800001, "Q_SYNC"},
	{0x800002, "Q_QUOTAON"},
	{0x800003, "Q_QUOTAOFF"},
	{0x800004, "Q_GETFMT"},
	{0x800005, "Q_GETINFO"},
	{0x800006, "Q_SETINFO"},
	{0x800007, "Q_GETQUOTA"},
	{0x800008, "Q_SETQUOTA"},
	{0x800009, "Q_GETNEXTQUOTA"},
	{0x5801, "Q_XQUOTAON"},
	{0x5802, "Q_XQUOTAOFF"},
	{0x5803, "Q_XGETQUOTA"},
	{0x5804, "Q_XSETQLIM"},
	{0x5805, "Q_XGETQSTAT"},
	{0x5806, "Q_XQUOTARM"},
	{0x5807, "Q_XQUOTASYNC"},
	{0x5808, "Q_XGETQSTATV"},
	{0x5809, "Q_XGETNEXTQUOTA"},
}}

// include/uapi/linux/quota.h
var quotaTypes = names{unknown: "???QUOTA", names: []entry{
	{0, "USRQUOTA"},
	{1, "GRPQUOTA"},
	{2, "PRJQUOTA"},
}}

// include/uapi/linux/quota.h
var quotaFormats = names{unknown: "QFMT_VFS_???", names: []entry{
	{1, "QFMT_VFS_OLD"},
	{2, "QFMT_VFS_V0"},
	{3, "QFMT_OCFS2"},
	{4, "QFMT_VFS_V1"},
}}

// include/uapi/linux/dqblk_xfs.h
var xfsQuotaFlags = flags{unknown: "FS_QUOTA_???", names: []entry{
	{0x1, "FS_QUOTA_UDQ_ACCT"},
	{0x2, "FS_QUOTA_UDQ_ENFD"},
	{0x4, "FS_QUOTA_GDQ_ACCT"},
	{0x8, "FS_QUOTA_GDQ_ENFD"},
	{0x10, "FS_QUOTA_PDQ_ACCT"},
	{0x20, "FS_QUOTA_PDQ_ENFD"},
}}

// include/uapi/linux/dqblk_xfs.h
var xfsQuotaTypes = flags{unknown: "FS_???_QUOTA", names: []entry{
	{0x1, "FS_USER_QUOTA"},
	{0x2, "FS_PROJ_QUOTA"},
	{0x4, "FS_GROUP_QUOTA"},
}}

// include/uapi/linux/quota.h
var quotaBlockValid = flags{unknown: "QIF_???", names: []entry{
	{0x1, "QIF_BLIMITS"},
	{0x2, "QIF_SPACE"},
	{0x4, "QIF_ILIMITS"},
	{0x8, "QIF_INODES"},
	{0x10, "QIF_BTIME"},
	{0x20, "QIF_ITIME"},
}}

// include/uapi/linux/quota.h
var quotaInformationFlags = flags{unknown: "DQF_???", names: []entry{
	{0x1, "DQF_ROOT_SQUASH"},
	{0x10000, "DQF_SYS_FILE"},
}}

// include/uapi/linux/quota.h
var quotaInformationValid = flags{unknown: "IIF_???", names: []entry{
	{0x1, "IIF_BGRACE"},
	{0x2, "IIF_IGRACE"},
	{0x4, "IIF_FLAGS"},
}}
