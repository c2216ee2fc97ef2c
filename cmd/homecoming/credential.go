package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"homecoming/internal/openbadge"
)

// errRevoked is for a credential that its issuer took back.
var errRevoked = errors.New("its issuer revoked it")

// checkCredential checks a signed work record from files alone: no server and no network is asked.
func checkCredential(_ context.Context, out io.Writer, args []string) error {
	var file, keys, revocations string
	err := flags(out, "credential", args, func(f *flag.FlagSet) {
		f.StringVar(&file, "file", "", "the signed credential (.jwt)")
		f.StringVar(&keys, "keys", "", "a copy of the issuer's keys, from <issuer>/keys; without it, compare the key's thumbprint yourself")
		f.StringVar(&revocations, "revocations", "", "a copy of what the issuer revoked, from <issuer>/revocations")
	})
	if err != nil {
		return err
	}
	if file == "" {
		return errors.New("credential wants -file")
	}
	token, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var known []jose.JSONWebKey
	if keys != "" {
		var set jose.JSONWebKeySet
		if err := readJSON(keys, &set); err != nil {
			return err
		}
		known = append([]jose.JSONWebKey{}, set.Keys...)
	}
	c, by, err := openbadge.Read(strings.TrimSpace(string(token)), known, time.Now())
	if err != nil {
		return err
	}
	sayCredential(out, c, by, known != nil)
	if revocations == "" {
		return nil
	}
	var list openbadge.RevocationList
	if err := readJSON(revocations, &list); err != nil {
		return err
	}
	if list.Issuer != c.Issuer.ID {
		return fmt.Errorf("%s is a list of %s, not of %s", revocations, list.Issuer, c.Issuer.ID)
	}
	if slices.ContainsFunc(list.Revoked, func(r openbadge.Revoked) bool { return r.ID == c.ID && r.Revoked }) {
		return errRevoked
	}
	fmt.Fprintln(out, "revoked:  no, by that list")
	return nil
}

func sayCredential(out io.Writer, c openbadge.Credential, by string, known bool) {
	who := []string{}
	for _, i := range c.Subject.Identifier {
		if !i.Hashed {
			who = append(who, i.Hash)
		}
	}
	fmt.Fprintf(out, "says:     %s\nof:       %s\nby:       %s (%s)\nsince:    %s\n", c.Subject.Achievement.Name, strings.Join(who, ", "), c.Issuer.Name, c.Issuer.ID, c.ValidFrom.Format(time.DateOnly))
	if known {
		fmt.Fprintf(out, "signed:   by the issuer's key %s\n", by)
		return
	}
	fmt.Fprintf(out, "signed:   by the key %s, and not changed since; whose key that is, %s/keys says\n", by, c.Issuer.ID)
}

func readJSON(file string, into any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
