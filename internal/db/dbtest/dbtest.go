package dbtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"homecoming/internal/db"
)

// New is a fresh migrated database, closed and dropped when the test ends.
func New(t testing.TB) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// URL is the address of a fresh migrated database, dropped when the test ends whoever is still connected.
func URL(t testing.TB) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal("dbtest: ", err)
	}
	name := "test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if err := s.exec("CREATE DATABASE " + name + " TEMPLATE " + s.template + " STRATEGY file_copy"); err != nil {
		t.Fatal("dbtest: ", err)
	}
	t.Cleanup(func() {
		if err := s.exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error("dbtest: ", err)
		}
	})
	return s.url(name)
}

// Empty is the address of a fresh database without any schema, for tests of the migrations themselves.
func Empty(t testing.TB) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal("dbtest: ", err)
	}
	name := "empty_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if err := s.exec("CREATE DATABASE " + name + " STRATEGY file_copy"); err != nil {
		t.Fatal("dbtest: ", err)
	}
	t.Cleanup(func() {
		if err := s.exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error("dbtest: ", err)
		}
	})
	return s.url(name)
}

// A server is where this process's tests make their databases.
type server struct {
	base     *url.URL // any database of the server
	admin    *pgxpool.Pool
	template string
	user     *os.File // open for as long as this process lives; nil for a server of somebody else's
}

// shared is the one server of this process, with its template ready.
var shared = sync.OnceValues(func() (*server, error) {
	address := os.Getenv("HOMECOMING_TEST_DATABASE_URL")
	var user *os.File
	if address == "" {
		var err error
		if address, user, err = join(); err != nil {
			return nil, err
		}
	}
	base, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	admin, err := pgxpool.New(context.Background(), address)
	if err != nil {
		return nil, err
	}
	s := &server{base: base, admin: admin, user: user}
	return s, s.prepare(context.Background())
})

// prepare makes the template of these migrations unless another process has.
func (s *server) prepare(ctx context.Context) error {
	fingerprint, err := db.Fingerprint()
	if err != nil {
		return err
	}
	s.template = "template_" + fingerprint[:16]
	conn, err := s.admin.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	const lock = "pg_advisory_%s(hashtext('homecoming template'))"
	if _, err := conn.Exec(ctx, "SELECT "+fmt.Sprintf(lock, "lock")); err != nil {
		return err
	}
	defer func() { _, _ = conn.Exec(ctx, "SELECT "+fmt.Sprintf(lock, "unlock")) }()
	var there bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", s.template).Scan(&there)
	if err != nil || there {
		return err
	}
	return s.build(ctx, conn)
}

// build migrates under another name first, so that a template that bears its name is whole.
func (s *server) build(ctx context.Context, conn *pgxpool.Conn) error {
	draft := s.template + "_draft"
	for _, q := range []string{"DROP DATABASE IF EXISTS " + draft + " WITH (FORCE)", "CREATE DATABASE " + draft + " STRATEGY file_copy"} {
		if _, err := conn.Exec(ctx, q); err != nil {
			return err
		}
	}
	d, err := db.Open(ctx, s.url(draft))
	if err != nil {
		return err
	}
	err = db.Migrate(ctx, d)
	d.Close()
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+draft+" RENAME TO "+s.template)
	return err
}

func (s *server) url(name string) string {
	u := *s.base
	u.Path = "/" + name
	return u.String()
}

// exec runs a statement outside any test's own lifetime.
func (s *server) exec(q string) error {
	_, err := s.admin.Exec(context.Background(), q, pgx.QueryExecModeSimpleProtocol)
	return err
}
