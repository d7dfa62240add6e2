package runtimes

// ImageArchive is an archive of [Image] as "docker save" writes it.
func ImageArchive() ([]byte, error) { return image() }
