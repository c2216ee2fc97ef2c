package api

import (
	"context"
	"io"
	"time"

	"cloud.google.com/go/civil"
	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/billing"
	"homecoming/billing/books"
	"homecoming/market"
)

// exportEndpoints is a route for each kind of file.
func (s *Server) exportEndpoints() []endpoint {
	titles := map[billing.ExportKind]string{billing.ExportPayouts: "Payouts, line by line", "journal": "The company's own journal, all columns",
		"moneyforward": "Journal for Money Forward", "freee-journal": "Journal for freee", "freee-deals": "Deals for freee", "yayoi": "Journal for Yayoi", "quickbooks": "Journal for QuickBooks"}
	var list []endpoint
	for _, kind := range billing.ExportKinds {
		list = append(list, get("/companies/{id}/exports/"+string(kind)+".csv", market.SeeMoney,
			func(ctx context.Context, in *exportQuery) (*huma.StreamResponse, error) {
				return s.exportFile(ctx, kind, in)
			}, titles[kind]))
	}
	return list
}

type exportQuery struct {
	OfID
	From     string `query:"from" format:"date" doc:"The first day of the company's books; the last month when left out"`
	To       string `query:"to" format:"date" doc:"The last day"`
	Encoding string `query:"encoding" enum:"utf-8,shift_jis" doc:"What the program takes when left out: UTF-8 with a byte order mark, for Yayoi Shift_JIS"`
	Part     int    `query:"part" minimum:"0" maximum:"10000" doc:"Of a file that is larger than its program takes (freee: 5 MB), from 1; a part after the last is not there"`
}

// order is what a query asks for; days that are left out are those of the last month.
func (s *Server) order(ctx context.Context, company uuid.UUID, kind billing.ExportKind, from, to, encoding string) (billing.ExportOrder, error) {
	o := billing.ExportOrder{Company: company, Kind: kind, Encoding: books.Encoding(encoding)}
	first, err := dayOf("from", from)
	if err != nil {
		return o, err
	}
	last, err := dayOf("to", to)
	if err != nil {
		return o, err
	}
	if first != nil && last != nil {
		o.From, o.To = *first, *last
		return o, nil
	}
	o.From, o.To, err = s.cfg.Billing.ExportMonth(ctx, access.Actor(ctx), company)
	if first != nil {
		o.From = *first
	}
	if last != nil {
		o.To = *last
	}
	return o, err
}

// exportFile answers with a file that is written while it is made.
func (s *Server) exportFile(ctx context.Context, kind billing.ExportKind, in *exportQuery) (*huma.StreamResponse, error) {
	who := access.Actor(ctx)
	if err := who.May(market.SeeMoney, in.ID); err != nil {
		return nil, err
	}
	o, err := s.order(ctx, in.ID, kind, in.From, in.To, in.Encoding)
	if err != nil {
		return nil, err
	}
	d, err := s.cfg.Billing.Download(ctx, who, o, in.Part)
	if err != nil {
		return nil, err
	}
	return s.streamed(d.Name, string(d.Encoding), d.Write), nil
}

// streamed sends a file; see [access.SendFile].
func (s *Server) streamed(name, encoding string, write func(io.Writer) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		c := humagin.Unwrap(hc)
		if err := access.SendFile(c, name, encoding, write); err != nil {
			s.fail(c, err)
		}
	}}
}

// exportRun is an export that is made in the background.
type exportRun struct {
	ID         uuid.UUID    `json:"id" format:"uuid"`
	State      string       `json:"state" enum:"queued,running,succeeded,failed"`
	Kind       string       `json:"kind"`
	From       civil.Date   `json:"from" format:"date"`
	To         civil.Date   `json:"to" format:"date"`
	Encoding   string       `json:"encoding"`
	Done       int          `json:"done" doc:"Entries read"`
	Total      int          `json:"total"`
	Parts      []exportPart `json:"parts" doc:"Empty until it has succeeded"`
	Replaced   string       `json:"replaced" doc:"Characters that the encoding lacks; 〓 stands for them"`
	Cut        int          `json:"cut" doc:"Texts that were too long for the program"`
	Problem    string       `json:"problem" doc:"Why it failed, where that can be mended"`
	CreatedAt  time.Time    `json:"created_at"`
	FinishedAt *time.Time   `json:"finished_at"`
}

type exportPart struct {
	Part    int    `json:"part"`
	Bytes   int64  `json:"bytes"`
	Records int64  `json:"records"`
	SHA256  string `json:"sha256"`
}

func partsOf(list []books.Part) []exportPart {
	parts := make([]exportPart, len(list))
	for i, p := range list {
		parts[i] = exportPart{i + 1, p.Bytes, p.Records, p.SHA256}
	}
	return parts
}

func exportRunOf(ctx context.Context, r billing.ExportRun) exportRun {
	v := exportRun{ID: r.ID, State: string(r.State), Kind: string(r.Kind), From: r.From, To: r.To, Encoding: string(r.Encoding), Done: r.Done, Total: r.Total,
		Parts: []exportPart{}, CreatedAt: r.CreatedAt, FinishedAt: r.FinishedAt}
	if r.Made != nil {
		v.Parts, v.Replaced, v.Cut = partsOf(r.Made.Parts), r.Made.Replaced, r.Made.Cut
	}
	if r.Problem != nil {
		v.Problem = r.Problem.In(access.Language(ctx))
	}
	return v
}

type exportDays struct {
	OfID
	Body struct {
		Kind     string `json:"kind" enum:"payouts,journal,moneyforward,freee-journal,freee-deals,yayoi,quickbooks"`
		From     string `json:"from,omitempty" format:"date"`
		To       string `json:"to,omitempty" format:"date"`
		Encoding string `json:"encoding,omitempty" enum:"utf-8,shift_jis"`
	}
}

func (s *Server) startExport(ctx context.Context, in *exportDays) (*out[exportRun], error) {
	who := access.Actor(ctx)
	if err := who.May(market.SeeMoney, in.ID); err != nil {
		return nil, err
	}
	o, err := s.order(ctx, in.ID, billing.ExportKind(in.Body.Kind), in.Body.From, in.Body.To, in.Body.Encoding)
	if err != nil {
		return nil, err
	}
	r, err := s.cfg.Billing.StartExport(ctx, who, o)
	return answer(exportRunOf(ctx, r), err)
}

func (s *Server) exportRun(ctx context.Context, in *OfID) (*out[exportRun], error) {
	r, err := s.cfg.Billing.ExportRun(ctx, access.Actor(ctx), in.ID)
	return answer(exportRunOf(ctx, r), err)
}

type ofPart struct {
	OfID
	Part int `path:"part" minimum:"1"`
}

func (s *Server) exportPart(ctx context.Context, in *ofPart) (*huma.StreamResponse, error) {
	d, err := s.cfg.Billing.DownloadPart(ctx, access.Actor(ctx), in.ID, in.Part)
	if err != nil {
		return nil, err
	}
	return s.streamed(d.Name, string(d.Encoding), d.Write), nil
}

// exportMade is an export as the audit log keeps it.
type exportMade struct {
	At       time.Time    `json:"at"`
	By       string       `json:"by"`
	Kind     string       `json:"kind"`
	From     civil.Date   `json:"from" format:"date"`
	To       civil.Date   `json:"to" format:"date"`
	Encoding string       `json:"encoding"`
	Records  int64        `json:"records"`
	Parts    []exportPart `json:"parts"`
}

func (s *Server) exportsMade(ctx context.Context, in *OfID) (*out[list[exportMade]], error) {
	all, err := s.cfg.Billing.ExportsMade(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, func(m billing.ExportMade) exportMade {
		return exportMade{m.At, m.By, string(m.Kind), m.From, m.To, string(m.Encoding), m.Records, partsOf(m.Parts)}
	}), err)
}

// bookNames is how a company calls things in one bookkeeping program.
type bookNames struct {
	Target      string            `json:"target" enum:"journal,moneyforward,freee,yayoi,quickbooks"`
	Accounts    map[string]string `json:"accounts" doc:"By role: advance, outsourcing, withheld, commission, bank, …"`
	Subs        map[string]string `json:"sub_accounts"`
	Taxes       map[string]string `json:"taxes" doc:"税区分 by key: none, purchase-10-full, purchase-10-70, …"`
	Invoices    map[string]string `json:"invoices" doc:"インボイス by the same keys"`
	Departments map[string]string `json:"departments" doc:"By the company's own name; what is missing is spelled the same"`
	Dimension   string            `json:"dimension" enum:"department,cost_centre" doc:"What the program's department is"`

	BankAccounts map[string]ownAccount `json:"bank_accounts" doc:"The company's own, by their ids"`
}

// ownAccount is what the program calls one of the company's bank accounts.
type ownAccount struct {
	Account string `json:"account" doc:"Empty: that of the role bank"`
	Sub     string `json:"sub_account"`
}

func bookNamesOf(c books.Chart) bookNames {
	own := make(map[string]ownAccount, len(c.Own))
	for id, a := range c.Own {
		own[id] = ownAccount(a)
	}
	return bookNames{string(c.Target), byText(c.Accounts), byText(c.Subs), c.Taxes, c.Invoices, c.Departments, c.Dimension, own}
}

func byText(m map[books.Role]string) map[string]string {
	out := make(map[string]string, len(m))
	for role, name := range m {
		out[string(role)] = name
	}
	return out
}

type bookNamesQuery struct {
	OfID
	Target string `query:"target" enum:"journal,moneyforward,freee,yayoi,quickbooks" default:"journal"`
}

func (s *Server) bookNames(ctx context.Context, in *bookNamesQuery) (*out[bookNames], error) {
	c, err := s.cfg.Billing.Chart(ctx, access.Actor(ctx), in.ID, books.Target(in.Target))
	return answer(bookNamesOf(c), err)
}

type bookNaming struct {
	OfID
	Body struct {
		Target string     `json:"target" enum:"journal,moneyforward,freee,yayoi,quickbooks"`
		Names  []bookName `json:"names" maxItems:"500"`
	}
}

type bookName struct {
	Field string `json:"field" enum:"account,sub,tax,invoice,department,dimension,bank,bank_sub"`
	Key   string `json:"key" maxLength:"200"`
	Name  string `json:"name" maxLength:"100" doc:"Empty: there is none"`
}

func (s *Server) setBookNames(ctx context.Context, in *bookNaming) (*out[bookNames], error) {
	names := each(in.Body.Names, func(n bookName) billing.BookName {
		return billing.BookName{Field: books.Field(n.Field), Key: n.Key, Value: n.Name}
	})
	c, err := s.cfg.Billing.NameBooks(ctx, access.Actor(ctx), in.ID, books.Target(in.Body.Target), names)
	return answer(bookNamesOf(c), err)
}

// insight is where a company's money went.
type insight struct {
	From       civil.Date   `json:"from" format:"date"`
	To         civil.Date   `json:"to" format:"date"`
	AsOf       civil.Date   `json:"as_of" format:"date" doc:"From which day on something is due"`
	Total      figures      `json:"total"`
	Month      []insightRow `json:"month"`
	Department []insightRow `json:"department"`
	CostCentre []insightRow `json:"cost_centre"`
	Person     []insightRow `json:"person"`
}

type figures struct {
	Committed market.Money `json:"committed" doc:"Agreed within the period, the charge as a whole"`
	Funded    market.Money `json:"funded" doc:"Paid in within the period"`
	Held      market.Money `json:"held" doc:"Still held at its end"`
	Paid      market.Money `json:"paid" doc:"Arrived at banks within the period"`
	Due       market.Money `json:"due" doc:"Net, due within the next sixty days or late"`
}

type insightRow struct {
	Name string `json:"name" doc:"Empty: without one. A month is 2026-11"`
	figures
}

func insightOf(in billing.Insight) insight {
	of := func(f billing.Figures) figures {
		money := func(n int64) market.Money { return market.Money{Amount: n, Currency: in.Currency} }
		return figures{money(f.Committed), money(f.Funded), money(f.Held), money(f.Paid), money(f.Due)}
	}
	rows := func(by billing.Dimension) []insightRow {
		return each(in.Rows[by], func(r billing.InsightRow) insightRow { return insightRow{r.Name, of(r.Figures)} })
	}
	return insight{in.From, in.To, in.AsOf, of(in.Total), rows(billing.ByMonth), rows(billing.ByDepartment), rows(billing.ByCostCentre), rows(billing.ByPerson)}
}

// InsightQuery is over which days; the name is for the document.
type InsightQuery struct {
	OfID
	From string `query:"from" format:"date" doc:"The first day; the last twelve months when left out"`
	To   string `query:"to" format:"date" doc:"The last day"`
}

func (s *Server) readInsight(ctx context.Context, in *InsightQuery) (billing.Insight, error) {
	from, err := dayOf("from", in.From)
	if err != nil {
		return billing.Insight{}, err
	}
	to, err := dayOf("to", in.To)
	if err != nil {
		return billing.Insight{}, err
	}
	return s.cfg.Billing.Insight(ctx, access.Actor(ctx), in.ID, from, to)
}

func (s *Server) insight(ctx context.Context, in *InsightQuery) (*out[insight], error) {
	r, err := s.readInsight(ctx, in)
	return answer(insightOf(r), err)
}

type insightTable struct {
	InsightQuery
	By string `query:"by" enum:"month,department,cost_centre,person" default:"month"`
}

func (s *Server) insightCSV(ctx context.Context, in *insightTable) (*huma.StreamResponse, error) {
	r, err := s.readInsight(ctx, &in.InsightQuery)
	if err != nil {
		return nil, err
	}
	return s.streamed("homecoming-insight-"+in.By+"-"+r.From.String()+"-"+r.To.String()+".csv", string(books.UTF8), func(w io.Writer) error {
		return r.CSV(w, billing.Dimension(in.By))
	}), nil
}
