package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"homecoming/internal/openbadge"
)

func TestACredentialIsCheckedFromFilesAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(name string, content any) string {
		text, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		if s, ok := content.(string); ok {
			text = []byte(s)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key, err := openbadge.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	public, err := key.Public()
	if err != nil {
		t.Fatal(err)
	}
	const issuer = "https://home.example/issuers/1"
	c := openbadge.Issue("urn:uuid:1", openbadge.Profile{ID: issuer, Name: "Aoi"}, time.Now().Add(-time.Hour), openbadge.Subject{
		Identifier:  []openbadge.Identity{openbadge.Named("Takahashi Yumi")},
		Achievement: openbadge.Achievement{ID: "urn:uuid:2", Name: "Close the books"}}, issuer+"/revocations")
	token, err := key.Sign(c)
	if err != nil {
		t.Fatal(err)
	}
	file := put("record.jwt", token+"\n")
	keys := put("keys.json", jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}})
	others := put("others.json", jose.JSONWebKeySet{})
	none := put("none.json", openbadge.RevocationList{Issuer: issuer, Revoked: []openbadge.Revoked{}})
	revoked := put("revoked.json", openbadge.RevocationList{Issuer: issuer, Revoked: []openbadge.Revoked{{ID: c.ID, Revoked: true}}})
	for name, x := range map[string]struct {
		args []string
		err  error
		says string
	}{
		"alone":                 {[]string{"-file", file}, nil, public.KeyID},
		"with the issuer's key": {[]string{"-file", file, "-keys", keys, "-revocations", none}, nil, "Takahashi Yumi"},
		"with another's key":    {[]string{"-file", file, "-keys", others}, openbadge.ErrOtherKey, ""},
		"revoked":               {[]string{"-file", file, "-keys", keys, "-revocations", revoked}, errRevoked, "Close the books"},
		"no credential":         {[]string{"-file", keys}, openbadge.ErrNoCredential, ""},
	} {
		var out strings.Builder
		if err := checkCredential(t.Context(), &out, x.args); !errors.Is(err, x.err) || !strings.Contains(out.String(), x.says) {
			t.Errorf("%s: %v\n%s", name, err, out.String())
		}
	}
	if err := checkCredential(t.Context(), &strings.Builder{}, nil); err == nil {
		t.Error("checked no file")
	}
}
