package crash

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"path/filepath"
	"sync/atomic"
)

// Postgres stands between the program and its database and sees each COMMIT pass, there and back.
type Postgres struct {
	listener net.Listener
	socket   string // the real server's
	plug     *Plug
}

// NewPostgres listens on a socket in dir and passes everything on to the server whose socket directory is given.
// Both speak PostgreSQL's protocol on port 5432 of a unix socket.
func NewPostgres(dir, server string, plug *Plug) (*Postgres, error) {
	l, err := net.Listen("unix", filepath.Join(dir, ".s.PGSQL.5432"))
	if err != nil {
		return nil, err
	}
	p := &Postgres{listener: l, socket: filepath.Join(server, ".s.PGSQL.5432"), plug: plug}
	go p.serve()
	return p, nil
}

// Close stops listening; open connections end with their clients.
func (p *Postgres) Close() error { return p.listener.Close() }

func (p *Postgres) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.handle(client)
	}
}

func (p *Postgres) handle(client net.Conn) {
	server, err := net.Dial("unix", p.socket)
	if err != nil {
		_ = client.Close()
		return
	}
	var committing atomic.Bool
	go func() {
		defer closeBoth(client, server)
		p.back(client, server, &committing)
	}()
	defer closeBoth(client, server)
	_ = p.there(client, server, &committing)
}

func closeBoth(a, b net.Conn) { _ = a.Close(); _ = b.Close() }

var errDead = errors.New("crash: the process is dead")

// there passes the program's messages on, one at a time, and looks at each.
func (p *Postgres) there(client io.Reader, server io.Writer, committing *atomic.Bool) error {
	if err := copyStartup(client, server); err != nil {
		return err
	}
	head := make([]byte, 5)
	for {
		if _, err := io.ReadFull(client, head); err != nil {
			return err
		}
		body := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
		if _, err := io.ReadFull(client, body); err != nil {
			return err
		}
		if head[0] == 'Q' && bytes.EqualFold(bytes.TrimRight(body, "\x00;"), []byte("commit")) {
			if p.plug.pass(BeforeCommit, "") {
				return errDead
			}
			committing.Store(true)
		}
		if _, err := server.Write(append(head, body...)); err != nil {
			return err
		}
		if committing.Load() && p.plug.pass(DuringCommit, "") {
			return errDead
		}
	}
}

// copyStartup passes the first message on, which has no type. Without TLS there is exactly one.
func copyStartup(client io.Reader, server io.Writer) error {
	size := make([]byte, 4)
	if _, err := io.ReadFull(client, size); err != nil {
		return err
	}
	body := make([]byte, binary.BigEndian.Uint32(size)-4)
	if _, err := io.ReadFull(client, body); err != nil {
		return err
	}
	_, err := server.Write(append(size, body...))
	return err
}

// back passes the server's answers on; the first after a COMMIT means that it is done.
func (p *Postgres) back(client io.Writer, server io.Reader, committing *atomic.Bool) {
	chunk := make([]byte, 64<<10)
	for {
		n, err := server.Read(chunk)
		if n > 0 {
			if committing.CompareAndSwap(true, false) && p.plug.pass(AfterCommit, "") {
				return
			}
			if _, err := client.Write(chunk[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
