package matching

import (
	"context"
	"time"
)

// A lock that one process of the installation holds at a time. It is held by a connection and not by a transaction,
// because the work calls the outside; PostgreSQL lets go of it when the process dies.
type lock string

const (
	// writing is held from reading facts until they can be found in an index: two writers could put an older document
	// over a newer one.
	writing lock = "homecoming index"
	// rebuilding is held while indexes are built anew.
	rebuilding lock = "homecoming index rebuild"
)

// hold takes a lock, waiting for it or not. Who waits is next, before those who only try.
func (s *Service) hold(ctx context.Context, l lock, wait bool) (release func(), held bool, err error) {
	conn, err := s.db.Pool().Acquire(ctx)
	if err != nil {
		return nil, false, err
	}
	if wait {
		_, err = conn.Exec(ctx, "SELECT pg_advisory_lock(hashtext($1))", string(l))
		held = err == nil
	} else {
		err = conn.QueryRow(ctx, "SELECT pg_try_advisory_lock(hashtext($1))", string(l)).Scan(&held)
	}
	if !held {
		conn.Release()
		return nil, false, err
	}
	return func() {
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if _, err := conn.Exec(undo, "SELECT pg_advisory_unlock(hashtext($1))", string(l)); err != nil {
			_ = conn.Conn().Close(undo) // a lock that cannot be given back ends with its connection
		}
		conn.Release()
	}, true, nil
}

// writingAlone does something while nobody writes into an index.
func (s *Service) writingAlone(ctx context.Context, do func() error) error {
	release, _, err := s.hold(ctx, writing, true)
	if err != nil {
		return err
	}
	defer release()
	return do()
}
