package files

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/google/uuid"
)

// A Directory keeps files on this machine's disk, each under the last two figures of its key. Only one machine can serve it.
type Directory struct{ root *os.Root }

// NewDirectory opens the directory, and makes it where it is missing; nobody but its owner can read it.
func NewDirectory(path string) (*Directory, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(path)
	return &Directory{root}, err
}

func place(key uuid.UUID) (shelf, name string) {
	name = key.String()
	return name[len(name)-2:], name[len(name)-2:] + "/" + name
}

// Put writes the file beside its place, has the disk keep it, and moves it there in one step.
func (d *Directory) Put(_ context.Context, key uuid.UUID, r io.Reader, size int64) (err error) {
	shelf, name := place(key)
	if err := d.root.Mkdir(shelf, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	beside := name + "." + uuid.NewString()
	f, err := d.root.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, &exactly{r: r, left: size})
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = d.root.Rename(beside, name)
	}
	if err != nil {
		return errors.Join(err, d.root.Remove(beside))
	}
	return d.settle(shelf)
}

// settle has the disk keep the name as well.
func (d *Directory) settle(shelf string) error {
	f, err := d.root.Open(shelf)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Get opens the file.
func (d *Directory) Get(_ context.Context, key uuid.UUID) (io.ReadCloser, error) {
	_, name := place(key)
	f, err := d.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrMissing
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Remove takes the file away.
func (d *Directory) Remove(_ context.Context, key uuid.UUID) error {
	_, name := place(key)
	if err := d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Keys looks through the shelves; what is being written has no key yet.
func (d *Directory) Keys(ctx context.Context) (keys []uuid.UUID, err error) {
	err = fs.WalkDir(d.root.FS(), ".", func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return errors.Join(err, ctx.Err())
		}
		if key, err := uuid.Parse(entry.Name()); err == nil {
			keys = append(keys, key)
		}
		return nil
	})
	return keys, err
}
