package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	osuser "os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// longestSocket is how long a socket's directory may be: the kernel allows 107 bytes for the whole path, and
// PostgreSQL's own name in it takes 16.
const longestSocket = 90

// A place is where a cluster lives and whom its server runs as.
type place struct {
	dir    string
	socket string
	as     *syscall.Credential // nil: as ourselves
}

// settle makes the directory and gives it to the server's user, or one elsewhere when that user may not come near it: a
// home is often 0700.
func settle(dir string) (place, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return place{}, err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o711); err != nil { // passable, not readable, for the server's user
		return place{}, err
	}
	as, err := serverUser(dir)
	if err != nil {
		return place{}, err
	}
	if !enters(as, filepath.Dir(dir)) {
		if dir, err = elsewhere(dir); err != nil {
			return place{}, err
		}
		if as, err = serverUser(dir); err != nil {
			return place{}, err
		}
	}
	if err := own(dir, as); err != nil {
		return place{}, err
	}
	p := place{dir: dir, socket: filepath.Join(dir, "socket"), as: as}
	if len(p.socket) > longestSocket {
		p.socket = filepath.Join("/tmp", "homecoming-"+short(dir))
	}
	return p, own(p.socket, as)
}

// elsewhere is a directory under /var/tmp, which a file in dir remembers: who removes dir begins afresh.
func elsewhere(dir string) (string, error) {
	if err := own(dir, nil); err != nil {
		return "", err
	}
	note := filepath.Join(dir, "elsewhere")
	if there, err := os.ReadFile(note); err == nil {
		return strings.TrimSpace(string(there)), nil
	}
	there, err := os.MkdirTemp("/var/tmp", "homecoming-")
	if err != nil {
		return "", err
	}
	return there, os.WriteFile(note, []byte(there+"\n"), 0o600)
}

// serverUser is whom PostgreSQL runs as: ourselves, unless we are root, whom it refuses.
func serverUser(dir string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	if st, err := os.Stat(dir); err == nil {
		if sys := st.Sys().(*syscall.Stat_t); sys.Uid != 0 {
			return &syscall.Credential{Uid: sys.Uid, Gid: sys.Gid}, nil
		}
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := osuser.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as")
}

// enters reports whether the user may work in the directory, by trying it.
func enters(as *syscall.Credential, dir string) bool {
	if as == nil {
		return true
	}
	cmd := exec.Command("/bin/true")
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	return cmd.Run() == nil
}

// own makes a directory that is the server user's alone. One that belongs to somebody else is refused: whoever owns
// the socket's directory could read along.
func own(dir string, as *syscall.Credential) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	st, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	owner, want := st.Sys().(*syscall.Stat_t).Uid, uint32(os.Geteuid())
	if as != nil {
		want = as.Uid
	}
	switch {
	case !st.IsDir():
		return fmt.Errorf("%s is not a directory", dir)
	case owner == want:
		return os.Chmod(dir, 0o700)
	case owner != 0 || as == nil:
		return fmt.Errorf("%s belongs to another user", dir)
	}
	if err := os.Chown(dir, int(as.Uid), int(as.Gid)); err != nil {
		return err
	}
	return os.Chmod(dir, 0o700)
}

// short is a name for a path that fits into a socket's.
func short(path string) string {
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:6])
}
