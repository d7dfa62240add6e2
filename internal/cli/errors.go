package cli

import "errors"

var errTimestamps = errors.New("-t can be given at most three times: -t, -tt or -ttt")
