package rows

// What is known of the models that the rows of Claude, GPT, Gemini and Grok ask by default, so that a run with one of them needs no other
// source. A limit of an answer stands here where the wire demands one.
// Source: anomalyco/models.dev, providers/NAME/models, at commit f3fc6922 of 2026-07-02; for gpt-5.6-sol 47eabd64 and 89b873ed, for grok-4.6
// e23d24b5 and 83dc195a, for claude-sonnet-5 1261f5ba.

var claudeModels = []Model{
	{
		ID: "claude-sonnet-5", Context: 1_000_000, MaxOutput: 128_000, Images: true, PDF: true, Thinking: ThinkEffort,
		Price: usd("2", "10", "0.20", "2.50"),
	},
	{
		ID: "claude-opus-4-8", Context: 1_000_000, MaxOutput: 128_000, Images: true, PDF: true, Thinking: ThinkEffort,
		Price: usd("5", "25", "0.50", "6.25"),
	},
}

var openAIModels = []Model{
	{
		ID: "gpt-5.6-sol", Context: 1_050_000, Images: true, PDF: true, Price: usd("2", "10", "0.20", "2.50"),
		LongOver: 272_000, LongPrice: usd("4", "15", "0.40", "5"),
	},
	{
		ID: "gpt-5.5", Context: 1_050_000, Images: true, PDF: true, Price: usd("5", "30", "0.50", ""),
		LongOver: 272_000, LongPrice: usd("10", "45", "1", ""),
	},
}

var geminiModels = []Model{
	{
		ID: "gemini-3.1-pro-preview", Context: 1_048_576, Images: true, PDF: true, Price: usd("2", "12", "0.20", ""),
		LongOver: 200_000, LongPrice: usd("4", "18", "0.40", ""),
	},
	{ID: "gemini-3.5-flash", Context: 1_048_576, Images: true, PDF: true, Price: usd("1.50", "9", "0.15", "")},
}

var grokModels = []Model{{
	ID: "grok-4.6", Context: 500_000, Images: true, PDF: true, Price: usd("2", "6", "0.50", ""),
	LongOver: 200_000, LongPrice: usd("4", "12", "1", ""),
}}

var kimiModels = []Model{{ID: "kimi-k3", Context: 1_048_576, Images: true, MaxOutput: 32_000, Price: usd("3", "15", "0.30", "")}}
