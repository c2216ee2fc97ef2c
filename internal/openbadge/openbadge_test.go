package openbadge_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"homecoming/internal/openbadge"
)

// aKey is made once: making one takes long.
var aKey = sync.OnceValues(openbadge.NewKey)

var noon = time.Date(2026, 11, 28, 3, 0, 0, 0, time.UTC)

func sample() openbadge.Credential {
	began, ended := noon.AddDate(0, -2, 0), noon.AddDate(0, 0, -1)
	return openbadge.Issue("urn:uuid:0190b7f4-0000-7000-8000-000000000001", openbadge.Profile{ID: "https://home.example/issuers/1", Name: "青井商事"}, noon,
		openbadge.Subject{Identifier: []openbadge.Identity{openbadge.Named("佐藤 花"), openbadge.ByEmail("hana@example.com")}, Began: &began, Ended: &ended,
			Achievement: openbadge.Achievement{ID: "urn:uuid:0190b7f4-0000-7000-8000-000000000002", Kind: "Achievement", Name: "決算の支援",
				Description: "Work that was accepted.", Criteria: openbadge.Criteria{Narrative: "It was accepted."}, Tags: []string{"法人税"}, Language: "ja"}},
		"https://home.example/issuers/1/revocations")
}

func signed(t *testing.T) (token string, public jose.JSONWebKey) {
	t.Helper()
	key, err := aKey()
	if err != nil {
		t.Fatal(err)
	}
	if token, err = key.Sign(sample()); err != nil {
		t.Fatal(err)
	}
	if public, err = key.Public(); err != nil {
		t.Fatal(err)
	}
	return token, public
}

func TestATokenIsReadWithoutAskingAnybody(t *testing.T) {
	t.Parallel()
	token, public := signed(t)
	for _, keys := range [][]jose.JSONWebKey{nil, {public}} {
		c, by, err := openbadge.Read(token, keys, noon)
		if err != nil || by != public.KeyID {
			t.Fatalf("%s by %s: %v", public.KeyID, by, err)
		}
		if c.Subject.Achievement.Name != "決算の支援" || c.Issuer.Name != "青井商事" || !c.ValidFrom.Equal(noon) {
			t.Errorf("%+v", c)
		}
		if !c.Subject.Identifier[1].Is("Hana@Example.com") || c.Subject.Identifier[1].Is("ken@example.com") || !c.Subject.Identifier[0].Is("佐藤 花") {
			t.Errorf("%+v", c.Subject.Identifier)
		}
	}
}

// TestTheTokenHasTheShapeOfTheSpecification compares with section 8.2 and the tables of appendix B.
func TestTheTokenHasTheShapeOfTheSpecification(t *testing.T) {
	t.Parallel()
	token, _ := signed(t)
	parts := strings.Split(token, ".")
	var header, body map[string]any
	for i, to := range []*map[string]any{&header, &body} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, to); err != nil {
			t.Fatal(err)
		}
	}
	if jwk, _ := header["jwk"].(map[string]any); header["alg"] != "RS256" || header["typ"] != "JWT" || jwk["kty"] != "RSA" || jwk["n"] == nil || jwk["d"] != nil {
		t.Errorf("%v", header)
	}
	for _, name := range []string{"@context", "id", "type", "name", "issuer", "validFrom", "credentialSubject", "credentialStatus", "credentialSchema", "iss", "jti", "nbf"} {
		if body[name] == nil {
			t.Errorf("no %s", name)
		}
	}
	if body["vc"] != nil || body["iss"] != "https://home.example/issuers/1" || body["jti"] != body["id"] || body["validFrom"] != "2026-11-28T03:00:00Z" {
		t.Errorf("%v", body)
	}
	if strings.Contains(token, base64.RawURLEncoding.EncodeToString([]byte("hana@example.com"))[:16]) {
		t.Error("the address stands there in the clear")
	}
}

func TestWhatWasChangedOrSignedByOthersIsRefused(t *testing.T) {
	t.Parallel()
	token, public := signed(t)
	parts := strings.Split(token, ".")
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	forged := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(body), "決算の支援", "取締役として", 1)))
	other, err := openbadge.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := other.Sign(sample())
	if err != nil {
		t.Fatal(err)
	}
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	for name, c := range map[string]struct {
		token string
		now   time.Time
		err   error
	}{
		"other text":   {parts[0] + "." + forged + "." + parts[2], noon, openbadge.ErrChanged},
		"no signature": {none + "." + parts[1] + ".", noon, openbadge.ErrNoCredential},
		"another key":  {theirs, noon, openbadge.ErrOtherKey},
		"tomorrow's":   {token, noon.Add(-24 * time.Hour), openbadge.ErrNotYet},
		"no token":     {"hello", noon, openbadge.ErrNoCredential},
		"nothing":      {"", noon, openbadge.ErrNoCredential},
		"endless":      {strings.Repeat("a", 1<<20), noon, openbadge.ErrNoCredential},
	} {
		if _, _, err := openbadge.Read(c.token, []jose.JSONWebKey{public}, c.now); !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAKeyComesBackAsItWas(t *testing.T) {
	t.Parallel()
	key, err := aKey()
	if err != nil {
		t.Fatal(err)
	}
	der, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	again, err := openbadge.ParseKey(der)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := key.Public()
	b, _ := again.Public()
	if a.KeyID == "" || a.KeyID != b.KeyID {
		t.Errorf("%s and %s", a.KeyID, b.KeyID)
	}
	if _, err := openbadge.ParseKey([]byte("key")); err == nil {
		t.Error("took what is no key")
	}
}

func FuzzRead(f *testing.F) {
	key, err := aKey()
	if err != nil {
		f.Fatal(err)
	}
	token, err := key.Sign(sample())
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", "..", token, token[:len(token)/2], "eyJhbGciOiJSUzI1NiJ9.e30.AA"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, _, err := openbadge.Read(text, nil, noon)
		if err == nil && (c.ID == "" || c.Issuer.ID == "" || c.ValidFrom.After(noon.Add(time.Minute))) {
			t.Errorf("%+v", c)
		}
	})
}
