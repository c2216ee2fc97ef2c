package api

import (
	"context"
	"encoding/base64"
	"strconv"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
	"homecoming/matching"
	"homecoming/matching/freetext"
)

// results are a page of what a search found, with what surrounds it. Counts and marks are of what the reader may see.
type results[T any] struct {
	Items      []T                     `json:"items"`
	NextCursor *string                 `json:"next_cursor" doc:"Ask again with this as cursor; null at the end"`
	Total      int                     `json:"total"`
	Facets     map[string][]facetCount `json:"facets" doc:"How many of the results have which value; of many values the most frequent"`
	Index      string                  `json:"index" enum:",meilisearch,postgres" doc:"Which index of words answered; empty where no words were asked for"`
	Tolerant   bool                    `json:"tolerant" doc:"Words with slips were found too"`
	Degraded   bool                    `json:"degraded" doc:"The faster index could not be relied on"`
}

type facetCount struct {
	Value string `json:"value"`
	Name  string `json:"name" doc:"In the reader's language; empty for values that speak for themselves"`
	Count int    `json:"count"`
}

// mark is a text of a result in which something was found.
type mark struct {
	Field string     `json:"field" example:"title"`
	Parts []markPart `json:"parts"`
}

type markPart struct {
	Text string `json:"text"`
	Hit  bool   `json:"hit" doc:"This was looked for"`
}

func markOf(m matching.Mark) mark {
	return mark{m.Field, each(m.Parts, func(p freetext.Part) markPart { return markPart(p) })}
}

func resultsOf[T, V any](f matching.Found, p Page, offset int, items []T, view func(T) V) results[V] {
	r := results[V]{Items: each(items, view), Total: f.Total, Index: f.Index, Tolerant: f.Tolerant, Degraded: f.Degraded, Facets: map[string][]facetCount{}}
	for facet, counts := range f.Facets {
		r.Facets[string(facet)] = each(counts, func(c matching.FacetCount) facetCount { return facetCount{c.Value, c.Name, c.N} })
	}
	if next := offset + market.Page(p.Limit); next < f.Total {
		cursor := base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(next)))
		r.NextCursor = &cursor
	}
	return r
}

// offset reads the cursor of a search: how many results came before.
func (p Page) offset() (int, error) {
	text, err := p.beforeText()
	if err != nil || text == "" {
		return 0, err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, ErrCursor.On("cursor")
	}
	return n, nil
}

// ids reads ids of the query.
func ids(name string, texts []string) ([]uuid.UUID, error) {
	list := make([]uuid.UUID, len(texts))
	for i, text := range texts {
		var err error
		if list[i], err = uuid.Parse(text); err != nil {
			return nil, ErrShape.On(name).With("expected", bilingual("expected string to be RFC 4122 uuid"))
		}
	}
	return list, nil
}

// day reads a day of the query; nil when nothing was asked.
func day(name, text string) (*civil.Date, error) {
	if text == "" {
		return nil, nil
	}
	d, err := civil.ParseDate(text)
	if err != nil {
		return nil, ErrShape.On(name).With("expected", bilingual("expected string to be RFC 3339 date"))
	}
	return &d, nil
}

func least(n int64) *int64 {
	if n <= 0 {
		return nil
	}
	return &n
}

type talentQuery struct {
	OfID
	Page
	Q           string   `query:"q" maxLength:"200" doc:"Words of names, readings, skills, departments and addresses; all must be found"`
	Skills      []string `query:"skill" doc:"Ids; who has every one of them"`
	Departments []string `query:"department" doc:"Ids; who was in one of them"`
	AvailableBy string   `query:"available_by" format:"date" doc:"Free by this day"`
	MaxRate     int64    `query:"max_rate" minimum:"0" doc:"At most so much an hour, in minor units; who states no rate is left out"`
	Free        string   `query:"free" enum:"now,month,quarter,later" doc:"A value of the facet"`
	Away        string   `query:"away" enum:"staff,0,1,3,5,10" doc:"A value of the facet: years since leaving, from"`
	Alumni      bool     `query:"alumni" doc:"Without current staff"`
}

type foundMember struct {
	Member member `json:"member"`
	Marks  []mark `json:"marks"`
}

func (s *Server) searchPeople(ctx context.Context, in *talentQuery) (*out[results[foundMember]], error) {
	offset, err := in.offset()
	if err != nil {
		return nil, err
	}
	by, err := day("available_by", in.AvailableBy)
	if err != nil {
		return nil, err
	}
	departments, err := ids("department", in.Departments)
	if err != nil {
		return nil, err
	}
	found, err := s.cfg.Matching.SearchPeople(ctx, reader(ctx), matching.TalentQuery{Company: in.ID, Text: in.Q, Skills: in.Skills, Departments: departments,
		AvailableBy: by, MaxRate: least(in.MaxRate), Free: in.Free, Away: in.Away, Alumni: in.Alumni, Limit: in.Limit, Offset: offset})
	return answer(resultsOf(found.Found, in.Page, offset, found.Items, func(p matching.FoundPerson) foundMember {
		return foundMember{memberOf(p.Member), each(p.Marks, markOf)}
	}), err)
}

type taskSearch struct {
	Page
	Q          string   `query:"q" maxLength:"200" doc:"Words of titles, briefs, skills, departments and companies; all must be found"`
	Companies  []string `query:"company_id" doc:"Ids; of one of them"`
	State      string   `query:"state" enum:"draft,published,awarded,completed,canceled"`
	Skills     []string `query:"skill" doc:"Ids; every one of them wanted"`
	BudgetFrom int64    `query:"budget_from" minimum:"0" doc:"Minor units, at least; tasks that are open to offers are in"`
	Budget     string   `query:"budget" enum:"open,0,100000,300000,1000000" doc:"A value of the facet: a band of budgets, from"`
	DueBy      string   `query:"due_by" format:"date"`
	Due        string   `query:"due" doc:"A value of the facet: a month such as 2026-12, or none"`
	ForMe      bool     `query:"for_me" doc:"Work on offer to me alone"`
}

type foundTask struct {
	Task        task   `json:"task"`
	CompanyName string `json:"company_name"`
	Marks       []mark `json:"marks"`
}

func (s *Server) searchTasks(ctx context.Context, in *taskSearch) (*out[results[foundTask]], error) {
	offset, err := in.offset()
	if err != nil {
		return nil, err
	}
	by, err := day("due_by", in.DueBy)
	if err != nil {
		return nil, err
	}
	companies, err := ids("company_id", in.Companies)
	if err != nil {
		return nil, err
	}
	who := reader(ctx)
	found, err := s.cfg.Matching.SearchTasks(ctx, who, matching.TaskQuery{Text: in.Q, Companies: companies, State: market.TaskState(in.State), Skills: in.Skills,
		BudgetFrom: least(in.BudgetFrom), Budget: in.Budget, DueBy: by, Due: in.Due, ForMe: in.ForMe, Limit: in.Limit, Offset: offset})
	return answer(resultsOf(found.Found, in.Page, offset, found.Items, func(t matching.FoundTask) foundTask {
		return foundTask{taskFor(who)(t.Task), t.Company.NameIn(string(access.Language(ctx))), each(t.Marks, markOf)}
	}), err)
}
