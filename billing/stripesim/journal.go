package stripesim

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gofrs/flock"
)

// A journal is the file in which each line is one committed transaction: the CRC-32 of the rest of the line in hex, a space,
// and the changes as JSON. A line is a commit once it is on the disk with its newline; a torn last line never happened.
// The zero journal keeps nothing.
type journal struct {
	path string
	file *os.File
	lock *flock.Flock
	size int64
}

// openJournal locks the file against a second process, gives every change in it to restore, and cuts off a torn last line.
func openJournal(path string, restore func(change) error) (*journal, error) {
	if path == "" {
		return &journal{}, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	j := &journal{path: path, file: file, lock: lock}
	if err := j.replay(restore); err != nil {
		return nil, errors.Join(err, j.close())
	}
	return j, nil
}

func lockFile(path string) (*flock.Flock, error) {
	lock := flock.New(path)
	held, err := lock.TryLock()
	if err == nil && !held {
		err = fmt.Errorf("stripesim: %s is in use by another process", path)
	}
	return lock, err
}

func (j *journal) replay(restore func(change) error) error {
	in := bufio.NewReaderSize(j.file, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return j.truncate()
		}
		if err != nil {
			return err
		}
		changes, err := decodeLine(line)
		if err != nil {
			if _, last := in.Peek(1); errors.Is(last, io.EOF) {
				return j.truncate()
			}
			return fmt.Errorf("stripesim: %s is damaged at byte %d: %w", j.path, j.size, err)
		}
		for _, c := range changes {
			if err := restore(c); err != nil {
				return err
			}
		}
		j.size += int64(len(line))
	}
}

// truncate drops what follows the last whole commit.
func (j *journal) truncate() error {
	if err := j.file.Truncate(j.size); err != nil {
		return err
	}
	_, err := j.file.Seek(j.size, io.SeekStart)
	return err
}

func encodeLine(changes []change) ([]byte, error) {
	body, err := json.Marshal(changes)
	if err != nil {
		return nil, err
	}
	line := fmt.Appendf(nil, "%08x ", crc32.ChecksumIEEE(body))
	return append(append(line, body...), '\n'), nil
}

func decodeLine(line []byte) (changes []change, err error) {
	sum, body, ok := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
	want, err := strconv.ParseUint(string(sum), 16, 32)
	if !ok || err != nil || crc32.ChecksumIEEE(body) != uint32(want) {
		return nil, errors.New("the checksum does not match")
	}
	return changes, json.Unmarshal(body, &changes)
}

// append writes one commit. After an error the file is as it was before.
func (j *journal) append(changes []change, d durability) error {
	if j.file == nil {
		return nil
	}
	line, err := encodeLine(changes)
	if err != nil {
		return err
	}
	_, err = j.file.Write(line)
	if err == nil && d == durable {
		err = j.file.Sync()
	}
	if err != nil {
		return errors.Join(err, j.truncate())
	}
	j.size += int64(len(line))
	return nil
}

// compact replaces the file by one that holds only the given changes, atomically.
func (j *journal) compact(changes []change) error {
	if j.file == nil || len(changes) == 0 {
		return nil
	}
	line, err := encodeLine(changes)
	if err != nil {
		return err
	}
	next, err := os.OpenFile(j.path+".new", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err = next.Write(line); err == nil {
		err = next.Sync()
	}
	if err == nil {
		err = os.Rename(next.Name(), j.path)
	}
	if err != nil {
		return errors.Join(err, next.Close())
	}
	old := j.file
	j.file, j.size = next, int64(len(line))
	return errors.Join(old.Close(), syncDir(filepath.Dir(j.path)))
}

// syncDir makes a rename survive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (j *journal) close() error {
	if j.file == nil {
		return nil
	}
	return errors.Join(j.file.Close(), j.lock.Unlock())
}
