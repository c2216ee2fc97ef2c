package web_test

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/google/uuid"

	"homecoming/market/markettest"
)

// link is a one-time link of somebody, as a letter would carry it.
func (w *world) link(person uuid.UUID) string {
	w.Helper()
	raw := uuid.NewString()
	sum := sha256.Sum256([]byte(raw))
	w.Exec("INSERT INTO one_time_links (hash, person_id, purpose, path, expires_at) VALUES (decode(?, 'hex'), ?, 'sign_in', '/', ?)", hex.EncodeToString(sum[:]), person, w.Clock.Now().Add(time.Hour))
	return raw
}

func memberIDs(people ...markettest.Alumnus) (ids []uuid.UUID) {
	for _, p := range people {
		ids = append(ids, p.MembershipID)
	}
	return ids
}
