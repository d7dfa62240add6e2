package recorder

// SetBuildVersion has this build be another than that of the same programs and
// tables; it returns the one before.
func SetBuildVersion(version string) string {
	before := buildVersion
	buildVersion = version
	return before
}
