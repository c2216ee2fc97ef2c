package filestest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/google/uuid"

	"homecoming/internal/files"
)

// pieces is more than S3's clients send at once.
const pieces = 17 << 20

// Conform holds a store to what every store promises.
func Conform(t *testing.T, s files.Store) {
	t.Helper()
	ctx := context.Background()
	for name, body := range map[string][]byte{"nothing": {}, "a byte": {0}, "a text": []byte("請求書\r\n"), "several pieces": bytes.Repeat([]byte("0123456789abcdef"), pieces/16)} {
		key := uuid.New()
		keep(t, s, key, body)
		keep(t, s, key, body) // a retry
		same(t, s, key, body, name)
		gone(t, s, key)
	}
	overwritten(t, s)
	for name, r := range map[string]io.Reader{"too short": strings.NewReader("12"), "too long": strings.NewReader("1234"), "broken": iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("123")))} {
		key := uuid.New()
		if err := s.Put(ctx, key, r, 3); err == nil || name != "broken" && !errors.Is(err, files.ErrLength) {
			t.Errorf("%s: %v", name, err)
		}
		missing(t, s, key)
	}
	together(t, s)
	listed(t, s)
}

// listed holds a store to knowing what it keeps.
func listed(t *testing.T, s files.Store) {
	t.Helper()
	has := func(key uuid.UUID) bool {
		keys, err := s.Keys(context.Background())
		if err != nil {
			t.Error(err)
		}
		return slices.Contains(keys, key)
	}
	one, other := uuid.New(), uuid.New()
	keep(t, s, one, []byte("1"))
	if !has(one) || has(other) {
		t.Error("the list has what is not kept, or not what is")
	}
	keep(t, s, other, nil)
	gone(t, s, one)
	if has(one) || !has(other) {
		t.Error("the list has what is gone, or not what came")
	}
	gone(t, s, other)
}

func overwritten(t *testing.T, s files.Store) {
	t.Helper()
	key := uuid.New()
	keep(t, s, key, []byte("the first"))
	keep(t, s, key, []byte("the second"))
	same(t, s, key, []byte("the second"), "what came last")
	gone(t, s, key)
}

// together writes one key from several sides: a reader finds one of the files, whole.
func together(t *testing.T, s files.Store) {
	t.Helper()
	key := uuid.New()
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() { keep(t, s, key, bytes.Repeat([]byte{byte('a' + i)}, 1000)) })
	}
	wg.Wait()
	got := read(t, s, key)
	if len(got) != 1000 || bytes.Count(got, got[:1]) != 1000 {
		t.Errorf("%d bytes of several files", len(got))
	}
	gone(t, s, key)
}

func keep(t *testing.T, s files.Store, key uuid.UUID, body []byte) {
	t.Helper()
	if err := s.Put(context.Background(), key, bytes.NewReader(body), int64(len(body))); err != nil {
		t.Error(err)
	}
}

func same(t *testing.T, s files.Store, key uuid.UUID, want []byte, name string) {
	t.Helper()
	if got := read(t, s, key); !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes came back of %d", name, len(got), len(want))
	}
}

func read(t *testing.T, s files.Store, key uuid.UUID) []byte {
	t.Helper()
	r, err := s.Get(context.Background(), key)
	if err != nil {
		t.Error(err)
		return nil
	}
	body, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Error(err)
	}
	return body
}

func gone(t *testing.T, s files.Store, key uuid.UUID) {
	t.Helper()
	for range 2 {
		if err := s.Remove(context.Background(), key); err != nil {
			t.Error(err)
		}
	}
	missing(t, s, key)
}

func missing(t *testing.T, s files.Store, key uuid.UUID) {
	t.Helper()
	if _, err := s.Get(context.Background(), key); !errors.Is(err, files.ErrMissing) {
		t.Errorf("what is not there: %v", err)
	}
}
