// A watchlist's page: what its products sell together.

import { drawCharts } from "./page_charts.js";
import { sales } from "./sales.js";

drawCharts(sales);
