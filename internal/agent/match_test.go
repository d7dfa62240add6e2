package agent

import (
	"slices"
	"strings"
	"testing"
)

func TestContainersCgroups(t *testing.T) {
	t.Parallel()
	a, b := id("aa"), id("bb")
	for _, test := range []struct {
		path string
		ids  []string
		name string
	}{
		{"/system.slice/docker-" + a + ".scope", []string{a}, a},
		{"/docker/" + a, []string{a}, a},
		{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod12_34.slice/cri-containerd-" + a + ".scope", []string{a}, a},
		{"/kubepods/besteffort/pod1234-56/" + a, []string{a}, a},
		{"/kubepods.slice/kubepods-pod1.slice/crio-" + a + ".scope", []string{a}, a},
		{"/kubepods.slice/kubepods-pod1.slice/crio-" + a + ".scope/container", []string{a}, a},
		{"/kubepods.slice/kubepods-pod1.slice/crio-conmon-" + a + ".scope", nil, "crio-conmon-" + a + ".scope"},
		{"/machine.slice/libpod-" + a + ".scope", []string{a}, a},
		{"/machine.slice/libpod-" + a + ".scope/container", []string{a}, a},
		{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + a + ".scope/container", []string{a}, a},
		{"/libpod_parent/libpod-" + a, []string{a}, a},
		{"/system.slice/web.service/libpod-payload-" + a, []string{a}, a},
		{"/libpod_parent/libpod-conmon-" + a, nil, "libpod-conmon-" + a},
		{"/machine.slice/libpod-conmon-" + a + ".scope", nil, "libpod-conmon-" + a + ".scope"},
		{"/system.slice/kubepods-pod1.slice:cri-containerd:" + a, []string{a}, a},
		{"/system.slice/nerdctl-" + a + ".scope", []string{a}, a},
		{"/default/" + a, []string{a}, a},
		// A node of kind is a container with containers in it.
		{"/docker/" + a + "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod1.slice/cri-containerd-" + b + ".scope", []string{b, a}, b},
		{"/system.slice/docker-" + a + ".scope/init.scope", []string{a}, a},
		{"/docker/" + a + "/docker/" + b + "/init", []string{b, a}, b},
		{"/docker/" + a + "/" + a, []string{a}, a},
		// No runtime of those.
		{"/default/web", nil, "web"},
		{"/machine.slice/machine-box.scope/payload", nil, "machine-box.scope"},
		{"/machine.slice/systemd-nspawn@box.service/payload/init.scope", nil, "systemd-nspawn@box.service"},
		{"/lxc.payload.box/init.scope", nil, "lxc.payload.box"},
		{"/system.slice/nginx.service", nil, "nginx.service"},
		{"/container", nil, "container"},
		{"", nil, ""},
		// What only looks like an ID.
		{"/docker/" + a[1:], nil, a[1:]},
		{"/docker/" + a + "0", nil, a + "0"},
		{"/docker/" + strings.ToUpper(a), nil, strings.ToUpper(a)},
		{"/docker/x" + a, nil, "x" + a},
		{"/docker/" + a + ".service", nil, a + ".service"},
		{"/docker/\x1b[31m\xff\n-" + a, []string{a}, a},
		{"/\x1b[31m\xff\n", nil, "\x1b[31m\xff\n"},
	} {
		var names []string
		if test.path != "" {
			names = inCgroup(test.path).CgroupNames
		}
		if got := containerIDs(names); !slices.Equal(got, test.ids) {
			t.Errorf("%q: IDs %q, want %q", test.path, got, test.ids)
		}
		if got := cgroupName(names); got != test.name {
			t.Errorf("%q: name %q, want %q", test.path, got, test.name)
		}
		if got := cgroupPath(names); got != test.path {
			t.Errorf("%q: path %q", test.path, got)
		}
	}
}
