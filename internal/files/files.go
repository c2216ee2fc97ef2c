package files

import (
	"context"
	"errors"
	"io"
	"net/url"

	"github.com/google/uuid"
)

// A Store keeps files by key. Its methods may be called from several goroutines, never inside a database transaction.
type Store interface {
	// Put keeps what r gives under the key, in place of what was there. It returns ErrLength, and keeps nothing, when r
	// gives another number of bytes than size.
	Put(ctx context.Context, key uuid.UUID, r io.Reader, size int64) error
	// Get opens a file, or returns ErrMissing. The caller closes it.
	Get(ctx context.Context, key uuid.UUID) (io.ReadCloser, error)
	// Remove forgets a file. One that is not there is forgotten already.
	Remove(ctx context.Context, key uuid.UUID) error
	// Keys lists what is kept, in no order.
	Keys(ctx context.Context) ([]uuid.UUID, error)
}

// What a store may answer besides what its disk or network says.
var (
	ErrMissing = errors.New("files: nothing is kept under this key")
	ErrLength  = errors.New("files: the file is not as long as was said")
)

var errAddress = errors.New("is neither file:///directory nor s3://key:secret@host/bucket") // never the address: it may hold a secret

// Open makes the store that an address names: file:///var/lib/homecoming/files, or
// s3://key:secret@s3.ap-northeast-1.amazonaws.com/bucket?region=ap-northeast-1. With S3, tls=off is for a server on this
// machine, and prefix= begins every object's name. Nothing is asked of the server yet.
func Open(address string) (Store, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errAddress
	}
	switch {
	case u.Scheme == "file" && u.Host == "" && u.Path != "" && u.RawQuery == "":
		return NewDirectory(u.Path)
	case u.Scheme == "s3":
		return NewBucket(u)
	}
	return nil, errAddress
}

// exactly reads no more than one byte beyond size, so that a file that is too long shows itself.
type exactly struct {
	r     io.Reader
	left  int64
	wrong bool // the file is not as long as was said
}

// Read gives the next bytes, and ErrLength where the file ends too early or too late.
func (e *exactly) Read(p []byte) (int, error) {
	if int64(len(p)) > e.left+1 {
		p = p[:e.left+1]
	}
	n, err := e.r.Read(p)
	e.left -= int64(n)
	if e.left < 0 || errors.Is(err, io.EOF) && e.left > 0 {
		e.wrong = true
		return 0, ErrLength
	}
	return n, err
}
