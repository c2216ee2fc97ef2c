package cluster

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

// downloaded is the version fetched when the machine has none: the one of Debian 12, so that installing Debian's
// package later keeps the data.
const downloaded = embeddedpostgres.V15

// dataVersion is the major version a data directory was made with, "" when there is none.
func dataVersion(data string) string {
	b, _ := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	return strings.TrimSpace(string(b))
}

// binaries is the directory of initdb and postgres: the newest of Debian's, else what PATH has, else a download. A
// data directory of version want is only served by its own version; "" means any.
func binaries(want string) (string, error) {
	if dir := debian(want); dir != "" {
		return dir, nil
	}
	if initdb, err := exec.LookPath("initdb"); err == nil {
		if dir := filepath.Dir(initdb); executable(dir) && (want == "" || binaryVersion(dir) == want) {
			return dir, nil
		}
	}
	have, _, _ := strings.Cut(string(downloaded), ".")
	if want != "" && want != have {
		return "", fmt.Errorf("the data was made by PostgreSQL %s, which is not installed: install postgresql-%s, or choose another HOMECOMING_DATA", want, want)
	}
	return download()
}

// debian finds the newest server under /usr/lib/postgresql, which is not on PATH.
func debian(want string) string {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	major := func(dir string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
		return n
	}
	slices.SortFunc(dirs, func(a, b string) int { return major(b) - major(a) })
	for _, dir := range dirs {
		if executable(dir) && (want == "" || strconv.Itoa(major(dir)) == want) {
			return dir
		}
	}
	return ""
}

func executable(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := exec.LookPath(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// binaryVersion is the major version of the server in dir.
func binaryVersion(dir string) string {
	out, _ := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	fields := strings.Fields(string(out))
	if len(fields) < 3 {
		return ""
	}
	major, _, _ := strings.Cut(fields[2], ".")
	return major
}

// download fetches a server for this machine and keeps it. The library can only fetch by starting a server, and as
// root that start ends in an error after the files are in place, so what counts is whether they are.
func download() (string, error) {
	home, err := os.UserCacheDir()
	if err != nil || os.Geteuid() == 0 {
		home = "/var/tmp" // the user that the server runs as must be able to read it
	}
	root := filepath.Join(home, fmt.Sprintf("homecoming-postgresql-%s-%d", downloaded, os.Geteuid()))
	bin := filepath.Join(root, "bin")
	if executable(bin) {
		return bin, nil
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return "", err
	}
	scratch, err := os.MkdirTemp("", "homecoming-postgresql-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	port, err := freePort()
	if err != nil {
		return "", err
	}
	server := embeddedpostgres.NewDatabase(embeddedpostgres.DefaultConfig().
		Version(downloaded).Port(port).Logger(io.Discard).
		BinariesPath(root).RuntimePath(filepath.Join(scratch, "run")).CachePath(filepath.Join(scratch, "cache")))
	err = server.Start()
	if err == nil {
		err = server.Stop()
	}
	if executable(bin) {
		return bin, nil
	}
	return "", fmt.Errorf("PostgreSQL is not installed and could not be downloaded; install it (apt-get install postgresql): %w", err)
}

// freePort is a TCP port that was free a moment ago.
func freePort() (uint32, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return uint32(l.Addr().(*net.TCPAddr).Port), nil
}
