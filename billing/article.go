package billing

import "homecoming/internal/problem"

// An Article is where the law says that something is to be done, or is not. It says itself in the reader's language.
type Article string

// The articles that the product acts on. The subcontract law is 取適法, from 2026-01-01.
const (
	ArticleTerms      Article = "terms"       // the notice of terms
	ArticlePayment    Article = "payment"     // the due day
	ArticleReceipt    Article = "receipt"     // refusing to receive
	ArticleReduction  Article = "reduction"   // lowering an agreed fee; transfer fees among it
	ArticleReturn     Article = "return"      // sending back what was accepted
	ArticleBuyingDown Article = "buying_down" // a price set without consultation
	ArticleRedo       Article = "redo"        // changing or redoing at the supplier's cost
	ArticleEnding     Article = "ending"      // notice of ending or not renewing
	ArticleWithheld   Article = "withheld"    // paying withheld tax in
)

var articles = map[Article]problem.Word{
	ArticleTerms:      {EN: "Freelance Act art. 3, subcontract law art. 4", JA: "フリーランス法3条・取適法4条"},
	ArticlePayment:    {EN: "Freelance Act art. 4, subcontract law art. 3 and 5(1)(ii)", JA: "フリーランス法4条・取適法3条、5条1項2号"},
	ArticleReceipt:    {EN: "Freelance Act art. 5(1)(i), subcontract law art. 5(1)(i)", JA: "フリーランス法5条1項1号・取適法5条1項1号"},
	ArticleReduction:  {EN: "Freelance Act art. 5(1)(ii), subcontract law art. 5(1)(iii)", JA: "フリーランス法5条1項2号・取適法5条1項3号"},
	ArticleReturn:     {EN: "Freelance Act art. 5(1)(iii), subcontract law art. 5(1)(iv)", JA: "フリーランス法5条1項3号・取適法5条1項4号"},
	ArticleBuyingDown: {EN: "Freelance Act art. 5(1)(iv), subcontract law art. 5(1)(v) and 5(2)(iv)", JA: "フリーランス法5条1項4号・取適法5条1項5号、2項4号"},
	ArticleRedo:       {EN: "Freelance Act art. 5(2)(ii), subcontract law art. 5(2)(iii)", JA: "フリーランス法5条2項2号・取適法5条2項3号"},
	ArticleEnding:     {EN: "Freelance Act art. 16", JA: "フリーランス法16条"},
	ArticleWithheld:   {EN: "Income Tax Act art. 204", JA: "所得税法204条"},
}

// In is the article as people cite it.
func (a Article) In(lang problem.Language) string { return articles[a].In(lang) }
