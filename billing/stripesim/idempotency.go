package stripesim

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"
)

// keyLife is how long an idempotency key is remembered.
const keyLife = 24 * time.Hour

// A storedAnswer is what a POST with an idempotency key was answered, errors included.
type storedAnswer struct {
	ID        string `json:"id"` // account and key
	Input     string `json:"input"`
	Status    int    `json:"status"`
	Body      string `json:"body"`
	RequestID string `json:"request"`
	At        int64  `json:"at"`
}

func (a storedAnswer) objectID() string { return a.ID }

func (a storedAnswer) expired(now time.Time) bool {
	return !now.Before(time.Unix(a.At, 0).Add(keyLife))
}

func (in *incoming) slot() string { return in.owner + "|" + in.key }

// input is a digest of all that must be the same when a key is used again.
func (in *incoming) input() string {
	sum := sha256.Sum256([]byte(in.Method + " " + in.URL.Path + "?" + in.values.Encode()))
	return hex.EncodeToString(sum[:])
}

// claim reserves the request's idempotency key until release is called. Where the key has been used it returns the stored
// answer instead, or an error when it was used for something else or is in use at this moment.
func (s *Server) claim(in *incoming) (replay *answer, release func(), err error) {
	if in.key == "" {
		return nil, func() {}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	slot := in.slot()
	if s.running[slot] {
		return nil, nil, &apiError{Status: http.StatusConflict, Type: "idempotency_error", Code: "idempotency_key_in_use", unstored: true,
			Message: "There is currently another in-progress request using this Idempotent Key. Please try again later."}
	}
	if old, ok := s.answers.get(slot); ok && !old.expired(s.now()) {
		if old.Input != in.input() {
			return nil, nil, &apiError{Status: http.StatusBadRequest, Type: "idempotency_error", unstored: true,
				Message: "Keys for idempotent requests can only be used with the same parameters they were first used with. " +
					"Try using a key other than '" + in.key + "' if you meant to execute a different request."}
		}
		return &answer{status: old.Status, body: []byte(old.Body), header: http.Header{
			"Idempotent-Replayed": {"true"}, "Original-Request": {old.RequestID}}}, nil, nil
	}
	s.running[slot] = true
	return nil, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.running, slot)
	}, nil
}

// store keeps the answer under the request's key, in the transaction that made it.
func (t *tx) store(in *incoming, a answer) {
	if in.key == "" {
		return
	}
	t.answers.put(t, platform, storedAnswer{ID: in.slot(), Input: in.input(), Status: a.status, Body: string(a.body),
		RequestID: in.requestID, At: t.now.Unix()})
}
