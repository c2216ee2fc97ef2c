package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/uuid"
)

// An account is one login that dev made and tells about.
type account struct {
	Email     string    `json:"email"`
	Password  string    `json:"password"`
	Role      string    `json:"role"`
	CompanyID uuid.UUID `json:"company_id"`
	Token     string    `json:"token"`
}

// A state is what dev remembers between starts, in dev.json in its data directory. It has secrets of nothing but this
// private installation, and is readable by its owner only.
type state struct {
	StripeSecretKey            string    `json:"stripe_secret_key"`
	StripeWebhookSecret        string    `json:"stripe_webhook_secret"`
	StripeConnectWebhookSecret string    `json:"stripe_connect_webhook_secret"`
	SecretKey                  string    `json:"secret_key"`
	StripeAddr                 string    `json:"stripe_addr"` // where the stand-in was last; checkout links point there
	Accounts                   []account `json:"accounts"`

	path string
}

// loadState reads what an earlier start left, or makes new secrets.
func loadState(dir string) (*state, error) {
	s := &state{path: filepath.Join(dir, "dev.json")}
	body, err := os.ReadFile(s.path)
	if errors.Is(err, os.ErrNotExist) {
		s.StripeSecretKey = "sk_test_" + rand.Text()
		s.StripeWebhookSecret = "whsec_" + rand.Text()
		s.StripeConnectWebhookSecret = "whsec_" + rand.Text()
		s.SecretKey = rand.Text() + rand.Text()
		s.StripeAddr = "127.0.0.1:0"
		return s, s.save()
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(body, s); err != nil {
		return nil, fmt.Errorf("%s is damaged (%w): mend it, or remove %s to begin afresh", s.path, err, dir)
	}
	if s.SecretKey == "" { // of before there was one
		s.SecretKey = rand.Text() + rand.Text()
		return s, s.save()
	}
	return s, nil
}

func (s *state) save() error { return writePrivately(s.path, s) }

// An info is what HOMECOMING_DEV_INFO receives.
type info struct {
	URL         string    `json:"url"`
	Accounts    []account `json:"accounts"`
	StripeURL   string    `json:"stripe_url"`
	DatabaseURL string    `json:"database_url"`
}

// writePrivately writes v as JSON in one step, readable by its owner only: a reader sees all of it or nothing.
func writePrivately(path string, v any) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // 0600
	if err != nil {
		return err
	}
	e := json.NewEncoder(f)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err = e.Encode(v)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
