package meili

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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
	w := writer{known: tokens{}}
	for _, outside := range []bool{false, true} {
		w.document(matching.Document{
			Membership: id, Company: id, Person: id, Candidate: true, Outside: outside, P: 1, Tenure: 1, LeftOn: day, Days: 1,
			Held: map[string]int{"c++": 2}, Knows: []uuid.UUID{id}, Worked: []uuid.UUID{id}, AvailableFrom: &day, HourlyRate: &rate, Currency: "JPY",
			From: []uuid.UUID{id}, Everyone: true, Barred: []uuid.UUID{id},
		})
	}
	sum := sha256.Sum256(w.lines)
	return hex.EncodeToString(sum[:8])
})

const page = 5000 // ids read at a time

// Browse reads the ids and companies alone, in whatever order the server keeps them. Documents that come and go
// meanwhile may be passed over.
func (ix *Index) Browse(ctx context.Context, from string) (there []matching.Entry, next string, err error) {
	offset, _ := strconv.Atoi(from)
	var found struct {
		Results []struct{ ID, Company string }
	}
	err = ix.call(ctx, http.MethodPost, "/indexes/"+ix.uid+"/documents/fetch",
		map[string]any{"offset": offset, "limit": page, "fields": []string{"id", "company"}}, &found)
	for _, d := range found.Results {
		company, _ := uuid.Parse(d.Company) // nobody's where it is none
		there = append(there, matching.Entry{ID: d.ID, Company: company})
	}
	if len(there) == page {
		next = strconv.Itoa(offset + page)
	}
	return there, next, err
}

// Count is the server's own number of documents.
func (ix *Index) Count(ctx context.Context) (int64, error) {
	var stats struct{ NumberOfDocuments int64 }
	err := ix.call(ctx, http.MethodGet, "/indexes/"+ix.uid+"/stats", nil, &stats)
	return stats.NumberOfDocuments, err
}

// Remove deletes the documents and waits until they are gone.
func (ix *Index) Remove(ctx context.Context, ids []string) error {
	tasks, err := ix.hand(ctx, ix.uid, nil, ids)
	if err != nil {
		return err
	}
	return ix.wait(ctx, tasks...)
}

// Differ compares the documents with what Put would send.
func (ix *Index) Differ(ctx context.Context, docs []matching.Document) (missing, changed []uuid.UUID, err error) {
	ids := make([]uuid.UUID, len(docs))
	for i, d := range docs {
		ids[i] = d.Membership
	}
	var found struct {
		Results []json.RawMessage
	}
	err = ix.call(ctx, http.MethodPost, "/indexes/"+ix.uid+"/documents/fetch", map[string]any{"ids": texts(ids), "limit": len(ids)}, &found)
	if err != nil {
		return nil, nil, err
	}
	have := make(map[string][]byte, len(found.Results))
	for _, body := range found.Results {
		var d struct{ ID string }
		if err := json.Unmarshal(body, &d); err != nil {
			return nil, nil, err
		}
		have[d.ID] = body
	}
	for _, d := range docs {
		body, there := have[d.Membership.String()]
		switch {
		case !there && d.Candidate:
			missing = append(missing, d.Membership)
		case there && (!d.Candidate || !equal(d, body)):
			changed = append(changed, d.Membership)
		}
	}
	return missing, changed, nil
}

// equal compares a document with one of the server's. Attributes that we would not send count too.
func equal(d matching.Document, have []byte) bool {
	w := writer{known: tokens{}}
	w.document(d)
	return bytes.Equal(canonical(w.lines), canonical(have))
}

// canonical is an object with its keys in order.
func canonical(body []byte) []byte {
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(body, &fields) // what is none equals nothing
	text, _ := json.Marshal(fields)
	return text
}
