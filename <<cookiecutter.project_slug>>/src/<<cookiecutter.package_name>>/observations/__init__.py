"""What the model answered and what came of it: logged predictions, delayed labels, figures."""
