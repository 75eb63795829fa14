package output

import "maps"

// Usage is what the provider counted, in tokens. The numbers at the top count every request of the run, auxiliary ones
// included; Auxiliary says which share of them was auxiliary (vision, delegation), ByModel how they spread over models.
// InputTokens does not contain the cache's tokens, OutputTokens contains the reasoning: Anthropic's way of counting.
type Usage struct {
	InputTokens      int64            `json:"input_tokens"`
	OutputTokens     int64            `json:"output_tokens"`
	CacheReadTokens  int64            `json:"cache_read_tokens"`
	CacheWriteTokens int64            `json:"cache_write_tokens"`
	ReasoningTokens  int64            `json:"reasoning_tokens" desc:"part of output_tokens"`
	TotalTokens      int64            `json:"total_tokens" desc:"input, output and cache; reasoning counts once"`
	Auxiliary        *Usage           `json:"auxiliary,omitempty" desc:"the share of auxiliary requests"`
	ByModel          map[string]Usage `json:"by_model,omitempty" desc:"sums to the numbers above"`
}

// Add adds the numbers of o, its auxiliary share and its models to u. TotalTokens is computed anew.
func (u *Usage) Add(o Usage) {
	u.InputTokens += o.InputTokens
	u.OutputTokens += o.OutputTokens
	u.CacheReadTokens += o.CacheReadTokens
	u.CacheWriteTokens += o.CacheWriteTokens
	u.ReasoningTokens += o.ReasoningTokens
	u.TotalTokens = u.InputTokens + u.OutputTokens + u.CacheReadTokens + u.CacheWriteTokens
	if o.Auxiliary != nil {
		sum := Usage{}
		if u.Auxiliary != nil {
			sum = *u.Auxiliary
		}
		sum.Add(*o.Auxiliary)
		u.Auxiliary = &sum
	}
	u.addModels(o.ByModel)
}

// addModels replaces the map instead of writing into it: a Usage is passed by value and may share it.
func (u *Usage) addModels(models map[string]Usage) {
	if len(models) == 0 {
		return
	}
	sums := make(map[string]Usage, len(u.ByModel)+len(models))
	maps.Copy(sums, u.ByModel)
	for name, usage := range models {
		sum := sums[name]
		sum.Add(usage)
		sums[name] = sum
	}
	u.ByModel = sums
}
