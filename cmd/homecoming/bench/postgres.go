package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	"homecoming/internal/db"
	"homecoming/internal/db/cluster"
)

// How a private server treats the disk.
const (
	careful  = false // fsync on, as in production
	careless = true  // for what measures something else
)

// A pgServer is a private server for one measurement.
type pgServer struct {
	dir     string
	cluster *cluster.Cluster
	made    atomic.Int64
}

// startPostgres starts a server in a directory of its own. Call stop.
func startPostgres(ctx context.Context, ephemeral bool) (*pgServer, error) {
	dir, err := os.MkdirTemp("", "hc-bench-")
	if err == nil {
		err = os.Chmod(dir, 0o711) // the server runs as somebody else where we are root
	}
	if err != nil {
		return nil, err
	}
	c, err := cluster.Start(ctx, cluster.Config{Dir: filepath.Join(dir, "postgres"), Ephemeral: ephemeral})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &pgServer{dir: dir, cluster: c}, nil
}

func (p *pgServer) stop() {
	_ = p.cluster.Stop()
	_ = os.RemoveAll(p.dir)
}

// database makes a fresh migrated one.
func (p *pgServer) database(ctx context.Context) (*db.DB, error) {
	name := fmt.Sprintf("bench_%d", p.made.Add(1))
	if err := p.cluster.Create(ctx, name); err != nil {
		return nil, err
	}
	d, err := db.Open(ctx, p.cluster.URL(name))
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, d); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// url is the address of a database of this server.
func (p *pgServer) url(d *db.DB) string { return p.cluster.URL(d.Pool().Config().ConnConfig.Database) }
