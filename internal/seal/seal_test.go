package seal_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"homecoming/internal/seal"
)

func TestOnlyTheSameKeyAndOwnerOpenASeal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		key, owner := rapid.StringN(1, 60, -1).Draw(t, "key"), rapid.String().Draw(t, "owner")
		secret := rapid.SliceOf(rapid.Byte()).Draw(t, "secret")
		box, err := seal.New(key)
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := box.Seal(secret, owner)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := box.Open(sealed, owner); err != nil || string(got) != string(secret) {
			t.Fatalf("%q, %v", got, err)
		}
		other, err := seal.New(key + "x")
		if err != nil {
			t.Fatal(err)
		}
		at := rapid.IntRange(0, len(sealed)-1).Draw(t, "changed byte")
		changed := append([]byte(nil), sealed...)
		changed[at] ^= 1
		for name, try := range map[string]func() ([]byte, error){
			"another key":   func() ([]byte, error) { return other.Open(sealed, owner) },
			"another owner": func() ([]byte, error) { return box.Open(sealed, owner+"x") },
			"a changed one": func() ([]byte, error) { return box.Open(changed, owner) },
			"half of one":   func() ([]byte, error) { return box.Open(sealed[:len(sealed)/2], owner) },
		} {
			if _, err := try(); !errors.Is(err, seal.ErrBroken) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestAClosedBoxSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	box, err := seal.New("")
	if err != nil || !box.Closed() {
		t.Fatal(err)
	}
	if _, err := box.Seal(nil, ""); !errors.Is(err, seal.ErrNoKey) {
		t.Error(err)
	}
}
