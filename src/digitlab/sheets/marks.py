import numpy as np
def mark(height,pen,random): return np.ones((int(height),2),np.float32)
single_letter=mark
