package stripesim

import (
	"crypto/rand"
	"encoding/json"
	"strings"
	"time"
)

// A ref is an id or a text that Stripe sends as null when there is none.
type ref string

// MarshalJSON writes null for the empty ref.
func (r ref) MarshalJSON() ([]byte, error) {
	if r == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(r))
}

// A stamp is a Unix time in seconds that Stripe sends as null when there is none.
type stamp int64

// MarshalJSON writes null for the zero stamp.
func (s stamp) MarshalJSON() ([]byte, error) {
	if s == 0 {
		return []byte("null"), nil
	}
	return json.Marshal(int64(s))
}

// newID returns an id such as ch_MFRGGZDFMZTWQ2LKNNWG23TPOA: the prefix and 128 random bits.
func newID(prefix string) string { return prefix + rand.Text() }

// render turns a stored object into what goes over the wire, replacing the ids named by the expand paths with their objects.
// Fields whose name begins with an underscore are the stand-in's own and never leave it.
func (s *Server) render(o any, expand []string) (map[string]any, error) {
	m, err := wireMap(o)
	if err != nil {
		return nil, err
	}
	for _, path := range expand {
		if err := s.expand(m, path, strings.Split(path, ".")); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func wireMap(o any) (m map[string]any, err error) {
	raw, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	if err := d.Decode(&m); err != nil {
		return nil, err
	}
	for k := range m {
		if strings.HasPrefix(k, "_") {
			delete(m, k)
		}
	}
	return m, nil
}

// expand replaces the first segment's id by its object and goes on inside it; path is the whole of it, for the error.
func (s *Server) expand(m map[string]any, path string, segments []string) error {
	if len(segments) == 0 {
		return nil
	}
	key, rest := segments[0], segments[1:]
	if err := s.includeOnRequest(m, key); err != nil {
		return err
	}
	switch v := m[key].(type) {
	case string:
		o, ok := s.find(v)
		if !ok {
			return cannotExpand(path)
		}
		inner, err := wireMap(o)
		if err != nil {
			return err
		}
		m[key] = inner
		return s.expand(inner, path, rest)
	case map[string]any:
		return s.expand(v, path, rest)
	case []any:
		for _, item := range v {
			if inner, ok := item.(map[string]any); ok {
				if err := s.expand(inner, path, rest); err != nil {
					return err
				}
			}
		}
		return nil
	case nil:
		// A source may be of many types, and not all have every property.
		if _, known := m[key]; known || strings.Contains(path, "source.") {
			return nil
		}
	}
	return cannotExpand(path)
}

// includeOnRequest adds the lists that Stripe leaves out unless they are asked for.
func (s *Server) includeOnRequest(m map[string]any, key string) error {
	id, _ := m["id"].(string)
	switch object, _ := m["object"].(string); object + "." + key {
	case "checkout.session.line_items":
		session, _ := s.sessions.get(id)
		items, err := s.wholeList("/v1/checkout/sessions/"+id+"/line_items", toAny(session.LineItems))
		m[key] = items
		return err
	case "charge.refunds":
		items, err := s.wholeList("/v1/charges/"+id+"/refunds", toAny(s.refundsOf(id)))
		m[key] = items
		return err
	}
	return nil
}

func toAny[T any](in []T) []any {
	out := make([]any, len(in))
	for i, v := range in {
		out[i] = v
	}
	return out
}

func (s stamp) time() time.Time { return time.Unix(int64(s), 0).UTC() }
