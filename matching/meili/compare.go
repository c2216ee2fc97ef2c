package meili

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/matching"
)

// Format is a digest of how one made-up document is written, so that it changes whenever documents do, without anybody
// having to think of it.
func (*Index) Format() string { return format() }

var format = sync.OnceValue(func() string {
	id, day, rate := uuid.UUID{15: 1}, civil.Date{Year: 2000, Month: 2, Day: 29}, int64(1)
	var all []byte
	for _, outside := range []bool{false, true} {
		body, _ := json.Marshal(newDocument(matching.Document{
			Membership: id, Company: id, Person: id, Candidate: true, Outside: outside, P: 1, Tenure: 1, LeftOn: day, Days: 1,
			Held: map[string]int{"c++": 2}, Knows: []uuid.UUID{id}, Worked: []uuid.UUID{id}, AvailableFrom: &day, HourlyRate: &rate, Currency: "JPY",
			From: []uuid.UUID{id}, Everyone: true, Barred: []uuid.UUID{id},
		})) // of plain fields
		all = append(all, body...)
	}
	sum := sha256.Sum256(all)
	return hex.EncodeToString(sum[:8])
})

const page = 5000 // ids read at a time

// Browse reads the ids and companies alone, in whatever order the server keeps them. Documents that come and go
// meanwhile may be passed over.
func (ix *Index) Browse(ctx context.Context, from string) (docs []matching.Document, next string, err error) {
	offset, _ := strconv.Atoi(from)
	var found struct {
		Results []document `json:"results"`
	}
	err = ix.call(ctx, http.MethodPost, "/indexes/"+ix.uid+"/documents/fetch",
		map[string]any{"offset": offset, "limit": page, "fields": []string{"id", "company", "person"}}, &found)
	if err != nil {
		return nil, "", err
	}
	for _, d := range found.Results {
		var who matching.Document
		if who.Membership, err = uuid.Parse(d.ID); err != nil {
			return nil, "", fmt.Errorf("meilisearch: document %q: %w", d.ID, err)
		}
		who.Company, _ = uuid.Parse(d.Company) // nobody's where it is none
		who.Person, _ = uuid.Parse(d.Person)
		docs = append(docs, who)
	}
	if len(docs) == page {
		next = strconv.Itoa(offset + page)
	}
	return docs, next, nil
}

// Differ compares the documents with what Put would send.
func (ix *Index) Differ(ctx context.Context, docs []matching.Document) ([]uuid.UUID, error) {
	ids := make([]uuid.UUID, len(docs))
	for i, d := range docs {
		ids[i] = d.Membership
	}
	var found struct {
		Results []json.RawMessage `json:"results"`
	}
	err := ix.call(ctx, http.MethodPost, "/indexes/"+ix.uid+"/documents/fetch", map[string]any{"ids": texts(ids), "limit": len(ids)}, &found)
	if err != nil {
		return nil, err
	}
	have := make(map[string][]byte, len(found.Results))
	for _, body := range found.Results {
		var d struct{ ID string }
		if err := json.Unmarshal(body, &d); err != nil {
			return nil, err
		}
		have[d.ID] = body
	}
	var wrong []uuid.UUID
	for _, d := range docs {
		same, err := equal(d, have[d.Membership.String()])
		if err != nil {
			return nil, err
		}
		if !same {
			wrong = append(wrong, d.Membership)
		}
	}
	return wrong, nil
}

// equal compares a document with one of the server's, of which nil is none. Attributes that we would not send count too.
func equal(d matching.Document, have []byte) (bool, error) {
	if !d.Candidate || have == nil {
		return !d.Candidate && have == nil, nil
	}
	want, err := json.Marshal(newDocument(d))
	if err != nil {
		return false, err
	}
	if want, err = canonical(want); err != nil {
		return false, err
	}
	have, err = canonical(have)
	return bytes.Equal(want, have), err
}

// canonical is an object with its keys in order.
func canonical(body []byte) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, err
	}
	return json.Marshal(fields)
}
